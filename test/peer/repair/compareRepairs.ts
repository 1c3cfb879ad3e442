import { repairDocument, repairText } from '../../../src/cli/check/repair.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { repair, type Repair } from '../../../src/core/repair/repair.js';
import { allMessages } from '../../../src/core/simulate/copy/laterMessages.js';
import { finish } from '../../../src/core/work.js';
import { FileSource } from '../../../src/node/fileSource.js';
import { leftOut, type Rule } from '../compare.js';
import { imageArgument } from '../qemu.js';
import { isAtLeastText } from '../qemuVersion.js';
import { IMAGE_NAME } from '../slot.js';
import { qemuRepair, type RepairRun } from './repairRun.js';
import type { RepairSlot } from './repairSlot.js';

/** Why a case is no test of our repair. */
export type RepairRule = Rule | 'cannot be foretold' | 'no memory';

/** What the two repairs did to the same file. */
export type RepairVerdict =
  | { readonly type: 'agreed'; readonly qemu: RepairRun; readonly ours: Repair }
  | { readonly type: 'left-out'; readonly rule: RepairRule }
  | { readonly type: 'disagreed'; readonly differences: readonly string[] };

export function describeRepair(verdict: RepairVerdict): string {
  switch (verdict.type) {
    case 'agreed':
      return 'agreed';
    case 'left-out':
      return `left out: ${verdict.rule}`;
    case 'disagreed':
      return verdict.differences.join('\n');
  }
}

/** Repairs the slot's image by qemu-img, and in memory; the image is afterwards what it was. */
export async function compareRepairs(
  slot: RepairSlot,
  mode: RepairMode,
  asText: boolean,
): Promise<RepairVerdict> {
  const { isEncrypted } = slot.base;
  const filename = imageArgument(IMAGE_NAME, isEncrypted);
  const source = FileSource.open(slot.path);
  try {
    const image = openImage(source);
    const ours = finish(repair(image, { mode, filename }));
    const qemu = await qemuRepair(slot.folder, mode, isEncrypted, asText);
    const rule =
      image.header.number('version') === 1 ? 'another format' : ruleOf(qemu, ours, isEncrypted);
    if (rule !== undefined) return { type: 'left-out', rule };
    const differences = differencesOf(qemu, ours, filename);
    differences.push(...slot.differences(ours.after));
    return differences.length === 0
      ? { type: 'agreed', qemu, ours }
      : { type: 'disagreed', differences };
  } catch (error) {
    return { type: 'disagreed', differences: [`ours threw ${thrown(error)}`] };
  } finally {
    source.close();
    slot.restore();
  }
}

const thrown = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : '';

function ruleOf(qemu: RepairRun, ours: Repair, isEncrypted: boolean): RepairRule | undefined {
  if (ours.ending.state === 'unpredictable') return 'cannot be foretold';
  const isAborted = ours.ending.state === 'aborted';
  const noMemory = qemu.messages.some((line) => line.endsWith('Cannot allocate memory'));
  if (noMemory && !ours.messages.some((line) => line.endsWith('Cannot allocate memory')))
    return 'no memory';
  const rule = leftOut({ ...qemu, died: isAborted ? undefined : qemu.died }, isEncrypted);
  // A repair has no JSON when its check fails, and then nothing has to do with another file.
  return rule;
}

function differencesOf(qemu: RepairRun, ours: Repair, filename: string): string[] {
  const differences: string[] = [];
  const differ = (what: string, theirs: unknown, own: unknown): void => {
    if (theirs !== own)
      differences.push(`${what}: qemu-img ${String(theirs)}, ours ${String(own)}`);
  };
  if (ours.ending.state === 'aborted') {
    differ('end', qemu.died, 'signal');
    return differences;
  }
  differ('exit code', qemu.exitCode, ours.ending.state === 'done' ? ours.ending.exitCode : -1);
  if (qemu.text === undefined) {
    const document: Record<string, unknown> = { ...repairDocument(ours, filename) };
    const theirs = qemu.json ?? {};
    for (const key of new Set([...Object.keys(document), ...Object.keys(theirs)]))
      differ(key, theirs[key], document[key]);
  } else differ('text', qemu.text, repairText(ours).text);
  differences.push(...messageDifferences(qemu, ours));
  return differences;
}

/** All messages in order, as far as ours are kept. */
function messageDifferences({ messages: theirs }: RepairRun, ours: Repair): string[] {
  const own = allMessages(
    ours,
    (text) => [text],
    ({ text, since }) => (isAtLeastText(since) ? [text] : []),
  )
    .flat()
    .flatMap((text) => text.split('\n'));
  const end = ours.messagesLeftOut > 0 ? own.length : Math.max(theirs.length, own.length);
  for (let at = 0; at < end; at++)
    if (theirs[at] !== own[at])
      return [`message ${at}: qemu-img ${theirs[at] ?? '(none)'}, ours ${own[at] ?? '(none)'}`];
  return [];
}
