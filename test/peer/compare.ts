import { checkImage } from '../../src/cli/check/checkReport.js';
import { checkText } from '../../src/cli/check/checkText.js';
import { openImage } from '../../src/core/qcow2/image.js';
import { FileSource } from '../../src/node/fileSource.js';
import { imageArgument, qemuCheck, qemuCheckText, type CheckRun } from './qemu.js';
import { IMAGE_NAME, type Slot } from './slot.js';

/** What the two checks say of the same file. */
export type Verdict =
  | { readonly type: 'agreed'; readonly qemu: CheckRun }
  | { readonly type: 'left-out'; readonly rule: Rule }
  | { readonly type: 'disagreed'; readonly differences: readonly string[] };

/** The verdict in words, the differences one a line. */
export function describeVerdict(verdict: Verdict): string {
  switch (verdict.type) {
    case 'agreed':
      return 'agreed';
    case 'left-out':
      return `left out: ${verdict.rule}`;
    case 'disagreed':
      return verdict.differences.join('\n');
  }
}

/** Why a case is no test of our check. */
export type Rule =
  'another format' | 'qemu-img crashed' | 'qemu-img timed out' | 'another file' | 'passphrase';

/** Messages about files that the image names, and about keys: our check opens the image alone. */
const ELSEWHERE: readonly (readonly [Rule, RegExp])[] = [
  ['another file', /Could not open (backing file|'(?!image\.qcow2'|driver=))|requires a file name/],
  ['passphrase', /LUKS|[Pp]assword|cipher|key|hash algorithm|iv generator|[Ss]ector size|UUID/],
];

/** What QEMU says of an image that has become encrypted: ours looks at metadata, which needs no key. */
const NO_KEY = "Parameter 'encrypt.key-secret' is required for cipher";

interface Outcome {
  readonly exitCode: number | undefined;
  readonly json: Record<string, unknown> | undefined;
  readonly messages: readonly string[];
  /** The text for people; undefined where it was not asked for. */
  readonly text?: string | undefined;
  /** Findings that ours counts without keeping their messages. */
  readonly unlisted?: number;
}

/** Checks the slot's image by qemu-img and by ourselves; `withText`: also what people are told. */
export async function compareChecks(slot: Slot, withText = true): Promise<Verdict> {
  const { isEncrypted } = slot.base;
  const qemu = await qemuCheck(slot.folder, IMAGE_NAME, { isEncrypted });
  const ours = ourCheck(slot.path, imageArgument(IMAGE_NAME, isEncrypted));
  // Ours must come to an end on any image, also where there is nothing to compare with.
  if (typeof ours === 'string') return { type: 'disagreed', differences: [ours] };
  const rule = isVersion1(slot.path) ? 'another format' : leftOut(qemu, isEncrypted);
  if (rule !== undefined) return { type: 'left-out', rule };
  const text = withText ? await qemuCheckText(slot.folder, IMAGE_NAME, isEncrypted) : undefined;
  const differences = differencesOf({ ...qemu, text }, ours);
  return differences.length === 0 ? { type: 'agreed', qemu } : { type: 'disagreed', differences };
}

/** The rule that leaves a case out because of what qemu-img says, or of how it ended. */
export function leftOut(
  qemu: Pick<CheckRun, 'died' | 'json' | 'messages'>,
  isEncrypted: boolean,
): Rule | undefined {
  if (qemu.died === 'signal') return 'qemu-img crashed';
  if (qemu.died === 'timeout') return 'qemu-img timed out';
  const text = qemu.json === undefined ? qemu.messages.join('\n') : '';
  const found = ELSEWHERE.find(
    ([rule, pattern]) =>
      pattern.test(text) && (rule !== 'passphrase' || isEncrypted || text.includes(NO_KEY)),
  );
  return found?.[0];
}

/** QEMU gives version 1 to another driver, whose checks and texts are its own. */
function isVersion1(path: string): boolean {
  const source = FileSource.open(path);
  try {
    return openImage(source).header.number('version') === 1;
  } finally {
    source.close();
  }
}

/** A text when our check threw. */
function ourCheck(path: string, name: string): Outcome | string {
  const source = FileSource.open(path);
  try {
    const report = checkImage(source, name);
    return {
      exitCode: report.exitCode,
      json: report.json === undefined ? undefined : { ...report.json },
      messages: [...report.messages],
      text: report.counts ? checkText(report.counts).text : '',
      unlisted: report.unlisted,
    };
  } catch (error) {
    return `ours threw ${whereThrown(error)}`;
  } finally {
    source.close();
  }
}

/** The error, and the innermost place of ours outside the file access. */
function whereThrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frame = error.stack?.split('\n').find((line) => line.includes('/src/core/'));
  return `${error.message} (${frame?.trim() ?? 'outside the core'})`;
}

function differencesOf(qemu: Outcome, ours: Outcome): string[] {
  const differences: string[] = [];
  const differ = (what: string, theirs: unknown, own: unknown): void => {
    if (theirs !== own)
      differences.push(`${what}: qemu-img ${String(theirs)}, ours ${String(own)}`);
  };
  differ('exit code', qemu.exitCode, ours.exitCode);
  differ('JSON', qemu.json !== undefined, ours.json !== undefined);
  const keys = new Set([...Object.keys(qemu.json ?? {}), ...Object.keys(ours.json ?? {})]);
  if (qemu.json !== undefined && ours.json !== undefined) {
    for (const key of keys) differ(key, qemu.json[key], ours.json[key]);
  }
  if (qemu.text !== undefined) differ('text', qemu.text, ours.text);
  // Of a flood of messages ours keeps the first; the counts above hold all the same.
  const isCut = (ours.unlisted ?? 0) > 0;
  const left = new Map<string, number>();
  for (const message of ours.messages) left.set(message, (left.get(message) ?? 0) + 1);
  for (const message of qemu.messages) {
    const count = left.get(message) ?? 0;
    if (count === 0 && !isCut) differences.push(`only qemu-img: ${message}`);
    else if (count > 0) left.set(message, count - 1);
  }
  for (const [message, count] of left) {
    if (count > 0)
      differences.push(`only ours: ${message}${count > 1 ? ` (${String(count)}×)` : ''}`);
  }
  return differences;
}
