import { memorySource, type ByteSource } from '../../../src/core/byteSource.js';
import { INCOMPATIBLE } from '../../../src/core/qcow2/features.js';
import { readHeader } from '../../../src/core/qcow2/header.js';
import type { Overlay } from '../../../src/core/simulate/overlay.js';
import { differentFacts, readTables } from './fileTables.js';
import { runOurs, type OurAnswer, type OurRun } from './ours.js';
import { differentClusters, expectedFile } from './expectedFile.js';
import { runQemu, type IoRun } from './qemuIo.js';
import { differentSteps } from './compareSteps.js';
import type { SimulationCase } from './simulationCase.js';
import type { Workspace } from './workspace.js';

/** What QEMU and the simulator make of the same case. */
export type Verdict =
  | { readonly type: 'agreed'; readonly qemu: IoRun }
  | { readonly type: 'left-out'; readonly rule: string }
  | { readonly type: 'disagreed'; readonly differences: readonly string[] };

/** A file that damage has made longer, in bytes, is compared by its length alone. */
const MOST_READ = 64 * 2 ** 20;

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
  const rule = leftOut(before, qemu, ours);
  if (rule !== undefined) return { type: 'left-out', rule };
  const differences = [
    ...differentAnswers(operations, qemu, ours),
    ...(ours.file === undefined ? [] : differentFiles(workspace, before, ours.file)),
  ];
  if (differences.length === 0) return { type: 'agreed', qemu };
  const [doubt] = ours.answers.flatMap(({ outcome }) => outcome?.doubts ?? []);
  return doubt === undefined
    ? { type: 'disagreed', differences }
    : { type: 'left-out', rule: doubt };
}

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

/** Why nobody can tell what QEMU does. */
function leftOut(before: ByteSource, qemu: IoRun, ours: OurRun): string | undefined {
  if (qemu.timedOut) return 'qemu-io timed out';
  const features = readHeader(before).value('incompatible_features');
  if (qemu.isOpened && (features & INCOMPATIBLE.dirty) !== 0n) return 'QEMU repairs it first';
  const last = ours.answers.at(-1);
  if (last?.ending.state === 'unpredictable') return last.ending.reason;
  return undefined;
}

function differentAnswers(operations: readonly string[], qemu: IoRun, ours: OurRun): string[] {
  const differences: string[] = [];
  const differ = (what: string, theirs: string | undefined, own: string | undefined): void => {
    if (theirs !== own) {
      differences.push(`${what}: QEMU ${theirs ?? 'nothing'}, ours ${own ?? 'nothing'}`);
    }
  };
  if (!qemu.isOpened || ours.refusal !== undefined) {
    differ('refusal', qemu.isOpened ? undefined : qemu.openMessages.join('\n'), ours.refusal);
    return differences;
  }
  differ('opening', qemu.openMessages.join(' | '), ours.openMessages.join(' | '));
  const answers = [...qemu.answers, ...(qemu.closing === undefined ? [] : [qemu.closing])];
  let isSure = true;
  answers.forEach(({ error, messages, trace }, index) => {
    const line = operations[index] ?? 'close';
    const own = ours.answers[index];
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
  const { reason } = answer.ending;
  return DEATH.exec(reason)?.[0] ?? reason;
}

const DEATH = /^(\w+: Assertion `.*?' failed|segmentation fault)/;

function errorOf(answer: OurAnswer | undefined): string | undefined {
  return answer?.ending.state === 'failed' ? answer.ending.error : undefined;
}

function differentFiles(workspace: Workspace, before: ByteSource, file: Overlay): string[] {
  const size = workspace.imageSize;
  if (size !== file.size) {
    return [`file length: QEMU ${String(size)}, ours ${String(file.size)}`];
  }
  if (size > MOST_READ) return [];
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
