import { join } from 'node:path';
import { type MapOutcome, mapImage } from '../../src/cli/map/mapReport.js';
import { mapJson, mapText } from '../../src/cli/map/mapText.js';
import type { Printable } from '../../src/cli/frame/printable.js';
import { openImage } from '../../src/core/qcow2/image.js';
import { FileSource } from '../../src/node/fileSource.js';
import { leftOut, type Rule } from './compare.js';
import { imageArgument, imageArguments, linesOf, runQemu } from './qemu.js';
import { isAtLeast } from './qemuVersion.js';
import { IMAGE_NAME, type Slot } from './slot.js';

/** How far one of the two maps goes. */
export type Scope = 'backing chain' | 'this layer';

export type MapVerdict =
  | { readonly type: 'agreed'; readonly exitCode: number }
  | { readonly type: 'left-out'; readonly rule: Rule | 'compressed or encrypted' }
  | { readonly type: 'disagreed'; readonly differences: readonly string[] };

/** Where QEMU's table stops, and ours goes on. */
const NO_ROW = 'qemu-img: File contains external, encrypted or compressed clusters.';

interface Printed {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly messages: readonly string[];
}

/** Maps the slot's image by qemu-img and by ourselves. */
export async function compareMaps(
  slot: Slot,
  output: 'json' | 'human',
  scope: Scope = 'backing chain',
): Promise<MapVerdict> {
  const { isEncrypted } = slot.base;
  const image = scope === 'this layer' ? withoutBacking() : imageArguments(IMAGE_NAME, isEncrypted);
  const run = await runQemu('qemu-img', ['map', '-U', `--output=${output}`, ...image], slot.folder);
  const qemu: Printed = { ...run, messages: linesOf(run.stderr) };
  const ours = ourMap(
    slot.folder,
    IMAGE_NAME,
    output,
    scope === 'backing chain' && !isEncrypted,
    imageArgument(IMAGE_NAME, isEncrypted),
  );
  // Ours must come to an end on any image, also where there is nothing to compare with.
  if (typeof ours === 'string') return { type: 'disagreed', differences: [ours] };
  if (isForeign(slot.path)) return { type: 'left-out', rule: 'another format' };
  const died = run.timedOut ? 'timeout' : run.exitCode === undefined ? 'signal' : undefined;
  const json = run.exitCode === 0 ? {} : undefined;
  const rule = leftOut({ died, json, messages: qemu.messages }, isEncrypted);
  if (rule !== undefined) return { type: 'left-out', rule };
  if (qemu.messages.includes(NO_ROW)) return { type: 'left-out', rule: 'compressed or encrypted' };
  const differences = differencesOf(qemu, ours);
  return differences.length === 0
    ? { type: 'agreed', exitCode: run.exitCode ?? 0 }
    : { type: 'disagreed', differences };
}

function withoutBacking(): string[] {
  const file = { driver: 'file', filename: IMAGE_NAME };
  return [`json:${JSON.stringify({ driver: 'qcow2', backing: null, file })}`];
}

/** QEMU takes the file for an image of another format, or for a plain disk, and maps that. */
function isForeign(path: string): boolean {
  const source = FileSource.open(path);
  try {
    return openImage(source).foreign;
  } finally {
    source.close();
  }
}

/** Our map of the image `name`, which is relative to the folder; a text when it threw. */
export function ourMap(
  folder: string,
  name: string,
  output: 'json' | 'human',
  follow: boolean,
  called = name,
): Printed | string {
  const source = FileSource.open(join(folder, name));
  const inFolder = process.cwd();
  process.chdir(folder);
  try {
    const entries = mapImage(source, called, follow ? (path) => FileSource.open(path) : undefined);
    return output === 'human' ? printed(mapText(entries)) : asInstalled(printed(mapJson(entries)));
  } catch (error) {
    return `ours threw ${error instanceof Error ? String(error.stack) : String(error)}`;
  } finally {
    process.chdir(inFolder);
    source.close();
  }
}

function printed(pieces: Generator<Printable, MapOutcome, void>): Printed {
  let stdout = '';
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return { exitCode: value.exitCode, messages: value.messages, stdout };
    stdout += value.text;
  }
}

const HAS_COMPRESSED = isAtLeast(8, 2);
const ENTRY = /^(.*"start": )(\d+)(, "length": )(\d+)(.*)$/;

/** Our document as the installed qemu-img prints it: before 8.2 without a word of compression. */
function asInstalled(ours: Printed): Printed {
  if (HAS_COMPRESSED) return ours;
  const lines: string[] = [];
  for (const line of ours.stdout.replaceAll(/, "compressed": (true|false)/g, '').split('\n')) {
    const joined = joinedTo(lines.at(-1) ?? '', line);
    if (joined !== undefined) lines.pop();
    lines.push(joined ?? line);
  }
  return { ...ours, stdout: lines.join('\n') };
}

/** Two entries as one that only compression told apart. */
function joinedTo(first: string, second: string): string | undefined {
  const [, before, start, between, length, rest] = ENTRY.exec(first) ?? [];
  const [, , , , more, otherRest] = ENTRY.exec(second) ?? [];
  if (rest === undefined || otherRest === undefined || rest.includes('offset')) return undefined;
  const withoutEnd = (text: string): string => text.replace(/[,\]]$/, '');
  if (withoutEnd(rest) !== withoutEnd(otherRest)) return undefined;
  return `${before}${start}${between}${String(Number(length) + Number(more))}${otherRest}`;
}

function differencesOf(qemu: Printed, ours: Printed): string[] {
  const differences: string[] = [];
  if (qemu.exitCode !== ours.exitCode)
    differences.push(`exit code: qemu-img ${String(qemu.exitCode)}, ours ${String(ours.exitCode)}`);
  if (qemu.messages.join('\n') !== ours.messages.join('\n'))
    differences.push(
      `qemu-img: ${qemu.messages.join(' | ')}`,
      `ours: ${ours.messages.join(' | ')}`,
    );
  // When qemu-img fails, the array breaks off, before the entry that it has not printed yet.
  const isSame =
    qemu.exitCode === 0
      ? qemu.stdout === ours.stdout
      : qemu.stdout === '[' || ours.stdout.startsWith(qemu.stdout);
  if (!isSame) differences.push(firstDifference(qemu.stdout.split('\n'), ours.stdout.split('\n')));
  return differences;
}

function firstDifference(theirs: readonly string[], own: readonly string[]): string {
  const line = theirs.findIndex((text, index) => text !== own[index]);
  return `line ${String(line + 1)}: qemu-img ${theirs[line] ?? ''}, ours ${own[line] ?? ''}`;
}
