import { memorySource, type ByteSource } from '../../../src/core/byteSource.js';
import { readHeader } from '../../../src/core/qcow2/header.js';
import type { Ending } from '../../../src/core/simulate/copy/outcome.js';
import type { Overlay } from '../../../src/core/simulate/copy/overlay.js';
import { isAtLeastText } from '../qemuVersion.js';
import { differentFacts, readTables } from './fileTables.js';
import { runOurs, type OurAnswer, type OurRun } from './ours.js';
import { differentClusters, expectedFile } from './expectedFile.js';
import { isSnapshotOperation, runQemu, type IoRun } from './qemuIo.js';
import { differentSteps } from './compareSteps.js';
import type { SimulationCase } from './simulationCase.js';
import type { Workspace } from './workspace.js';

/** What QEMU and the simulator make of the same case. */
export type Verdict =
  | { readonly type: 'agreed'; readonly qemu: IoRun; readonly isRepaired: boolean }
  | { readonly type: 'left-out'; readonly rule: string }
  | { readonly type: 'disagreed'; readonly differences: readonly string[] };

/** A file that damage has made longer, in bytes, is compared by its length alone. */
const MAX_READ = 64 * 2 ** 20;

/** Runs a case in its base's workspace, by qemu-io and by the simulator. */
export function compareWrites(workspace: Workspace, simulation: SimulationCase): Verdict {
  const { damage, opening, operations } = simulation;
  const before = memorySource(workspace.write(damage));
  const qemu = runQemu(workspace.folder, opening, operations);
  let ours: OurRun;
  try {
    ours = runOurs(before, opening, operations);
  } catch (error) {
    // Ours must come to an end on any image, also where there is nothing to compare with.
    return { type: 'disagreed', differences: [whatWasThrown(error)] };
  }
  const rule = leftOut(qemu);
  if (rule !== undefined) return { type: 'left-out', rule };
  const differences = differentAnswers(operations, qemu, ours);
  const unforetold = ours.answers.map(({ ending }) => ending).find(isUnpredictable);
  if (ours.file !== undefined && unforetold === undefined) {
    differences.push(...differentFiles(workspace, before, ours.file));
  }
  const [doubt] = ours.answers.flatMap(({ outcome }) => outcome?.doubts ?? []);
  if (differences.length > 0 && doubt === undefined) return { type: 'disagreed', differences };
  if (differences.length > 0 || unforetold !== undefined) {
    return { type: 'left-out', rule: unforetold?.reason ?? doubt ?? '' };
  }
  return { type: 'agreed', qemu, isRepaired: ours.isRepaired };
}

/** Why there is nothing to compare. */
function leftOut(qemu: IoRun): string | undefined {
  if (qemu.timedOut) return 'qemu-io timed out';
  const refusal = qemu.isOpened ? '' : (qemu.openMessages.at(-1) ?? '');
  if (refusal.includes("'encrypt.key-secret'")) return 'passphrase';
  return ANOTHER_FILE.test(refusal) ? 'another file' : undefined;
}

const ANOTHER_FILE = /^Could not open (backing file|'(?!image\.qcow2'))|requires a file name/;

const isUnpredictable = (ending: Ending): ending is Ending & { readonly state: 'unpredictable' } =>
  ending.state === 'unpredictable';

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

/** Up to the operation whose outcome cannot be foretold. */
function differentAnswers(operations: readonly string[], qemu: IoRun, ours: OurRun): string[] {
  const differences: string[] = [];
  const differ = (what: string, theirs: string | undefined, own: string | undefined): void => {
    if (theirs !== own) {
      differences.push(`${what}: QEMU ${theirs ?? 'nothing'}, ours ${own ?? 'nothing'}`);
    }
  };
  if (!qemu.isOpened || ours.refusal !== undefined) {
    differ('refusal', qemu.isOpened ? undefined : qemu.openMessages.at(-1), ours.refusal);
    if (differences.length > 0 || qemu.death !== undefined) return differences;
    differ('before it', qemu.openMessages.slice(0, -1).join(' | '), ours.openMessages.join(' | '));
    if (qemu.openTrace) differences.push(...differentSteps('opening', qemu.openTrace, ours.notes));
    return differences;
  }
  if (!operations.some(isSnapshotOperation) && qemu.openTrace)
    differences.push(...differentSteps('opening', qemu.openTrace, ours.notes));
  differ('opening', qemu.openMessages.join(' | '), ours.openMessages.join(' | '));
  const answers = [...qemu.answers, ...(qemu.closing === undefined ? [] : [qemu.closing])];
  // A run of qemu-img has no seam between what opening the image does, and the operation.
  const isOpeningSilent = ours.notes?.steps.length === 0;
  let isSure = isOpeningSilent || !operations.some(isSnapshotOperation);
  answers.forEach(({ error, messages, trace }, index) => {
    const line = operations[index] ?? 'close';
    const own = ours.answers[index];
    if (
      ours.answers.at(Math.min(index, ours.answers.length - 1))?.ending.state === 'unpredictable'
    ) {
      return;
    }
    const what = `operation ${String(index + 1)} (${line})`;
    const isLast = index === answers.length - 1;
    differ(`${what}, death`, isLast ? qemu.death : undefined, deathOf(own));
    // QEMU says nothing of a flush that fails, nor of a close.
    if (line !== 'flush' && line !== 'close') differ(`${what}, error`, error, errorOf(own));
    differ(`${what}, messages`, messages.join(' | '), own?.messages.join(' | '));
    // Pieces in flight together end in any order, and leave the caches in that order.
    isSure &&= !trace.isMixed && (own?.outcome?.doubts ?? []).length === 0;
    if (isSure) differences.push(...differentSteps(what, trace, own?.outcome));
  });
  return differences;
}

/** How QEMU dies, without what ours has to say on it. */
function deathOf(answer: OurAnswer | undefined): string | undefined {
  if (answer?.ending.state !== 'aborted') return undefined;
  const reason = answer.ending.reason.replace(
    RENAMED,
    (_, former: string, name: string, since: string) => (isAtLeastText(since) ? name : former),
  );
  return DEATH.exec(reason)?.[0] ?? reason;
}

/** A function of QEMU with another name in newer versions. */
const RENAMED = /^(\w+) \((\w+) since ([\d.]+)\)/;
const DEATH = /^(\w+: Assertion `.*?' failed|segmentation fault)/;

function errorOf(answer: OurAnswer | undefined): string | undefined {
  return answer?.ending.state === 'failed' ? answer.ending.error : undefined;
}

function differentFiles(workspace: Workspace, before: ByteSource, file: Overlay): string[] {
  const size = workspace.imageSize;
  if (size !== file.size) {
    return [`file length: QEMU ${String(size)}, ours ${String(file.size)}`];
  }
  if (size > MAX_READ) return [];
  const qemu = workspace.read();
  const ours = expectedFile(before, file, qemu);
  const clusterSize = 2 ** readHeader(before).number('cluster_bits');
  return [
    ...differentFacts(readTables(memorySource(qemu)), readTables(memorySource(ours))),
    ...differentClusters(before, qemu, ours, clusterSize),
  ];
}

/** The error, and the innermost place of ours. */
function whatWasThrown(error: unknown): string {
  if (!(error instanceof Error)) return `ours threw ${String(error)}`;
  const frame = error.stack?.split('\n').find((line) => line.includes('/src/core/'));
  return `ours threw ${error.message} (${frame?.trim() ?? 'outside the core'})`;
}
