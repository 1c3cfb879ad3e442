import { imageArguments, linesOf, parseObject, runQemu } from '../qemu.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { IMAGE_NAME } from '../slot.js';

/** What a run of `qemu-img check -r` left behind, beside the file. */
export interface RepairRun {
  readonly exitCode: number | undefined;
  readonly died: 'signal' | 'timeout' | undefined;
  readonly json: Record<string, unknown> | undefined;
  readonly messages: readonly string[];
  /** What it says to people; undefined when it was asked for JSON. */
  readonly text: string | undefined;
}

/**
 * KiB of address space: a damaged image can make QEMU want counts for a file of terabytes, of which
 * the machine would die.
 */
const ADDRESS_SPACE = 4 * 2 ** 20;

/** Repairs the image in a folder. */
export async function qemuRepair(
  folder: string,
  mode: RepairMode,
  isEncrypted: boolean,
  asText: boolean,
): Promise<RepairRun> {
  const format = asText ? 'human' : 'json';
  const args = ['check', '-r', mode, `--output=${format}`];
  const run = await runQemu(
    'qemu-img',
    [...args, ...imageArguments(IMAGE_NAME, isEncrypted)],
    folder,
    undefined,
    { addressSpace: ADDRESS_SPACE },
  );
  return {
    exitCode: run.exitCode,
    died: run.timedOut ? 'timeout' : run.exitCode === undefined ? 'signal' : undefined,
    json: asText ? undefined : parseObject(run.stdout),
    messages: linesOf(run.stderr.replace(/'#block\d+'/g, "'#block'")),
    text: asText ? run.stdout : undefined,
  };
}
