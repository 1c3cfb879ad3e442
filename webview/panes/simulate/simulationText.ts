import { GUEST_DATA, type Kind, kindsIn } from '../../../src/core/map/kinds.js';
import { typeNames } from '../../../src/core/overlap/types.js';
import type { Disagreement } from '../../../src/core/simulate/verdict/disagreement.js';
import type { Step } from '../../../src/core/simulate/copy/outcome.js';
import type { VerdictCell } from '../../../src/protocol/simulation.js';
import type { IconName } from '../../parts/icon.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count, plural, size } from '../../text/text.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';

/** How grave a verdict is: what decides its colour. Icon and words say the same. */
export type Gravity = 'good' | 'stopped' | 'loss' | 'bad' | 'neutral';

export interface VerdictLook {
  readonly icon: IconName;
  readonly gravity: Gravity;
  readonly text: string;
}

const labels = (kinds: readonly Kind[]): string => kinds.map((kind) => KIND_TEXT[kind]).join(', ');

/** Metadata is destroyed, data of the guest is overwritten: as on the conflict map. */
function lossText(destroyed: readonly Kind[], overwritten: readonly Kind[]): string {
  const parts = [
    ...(destroyed.length > 0 ? [`destroys ${labels(destroyed)}`] : []),
    ...(overwritten.length > 0 ? [`overwrites ${labels(overwritten)}`] : []),
  ];
  return parts.join(', ');
}

/** A verdict in a few words. */
export function verdictLook(verdict: VerdictCell): VerdictLook {
  const { destroyed, overwritten } = verdict;
  if (destroyed ?? overwritten) {
    const losses = lossText(destroyed?.kinds ?? [], overwritten?.kinds ?? []);
    const then = verdict.type === 'passes' ? '' : `, then ${endText(verdict)}`;
    const [icon, gravity] = destroyed ? (['flame', 'bad'] as const) : (['layers', 'loss'] as const);
    return { icon, gravity, text: losses + then };
  }
  const text =
    verdict.reported === undefined ? endText(verdict) : `${endText(verdict)}, finds corruption`;
  switch (verdict.type) {
    case 'passes':
      return { icon: 'pass', gravity: 'good', text };
    case 'stopped':
      return { icon: 'shield', gravity: 'stopped', text };
    case 'corrupt':
      return { icon: 'warning', gravity: 'stopped', text };
    case 'failed':
      return { icon: 'circle-slash', gravity: 'neutral', text };
    case 'aborts':
      return { icon: 'error', gravity: 'bad', text };
    case 'unpredictable':
      return { icon: 'question', gravity: 'neutral', text };
    case 'unreached':
      return { icon: 'dash', gravity: 'neutral', text };
    case 'refused':
      return { icon: 'lock', gravity: 'neutral', text };
  }
}

function endText(verdict: VerdictCell): string {
  switch (verdict.type) {
    case 'passes':
      return 'passes';
    case 'stopped':
      return `stopped: ${KIND_TEXT[verdict.by]}`;
    case 'corrupt':
      return 'finds corruption';
    case 'failed':
      return `fails: ${verdict.error}`;
    case 'aborts':
      return 'QEMU aborts here';
    case 'unpredictable':
      return 'unpredictable';
    case 'unreached':
      return `not reached: operation ${verdict.since + 1}`;
    case 'refused':
      return 'does not open';
  }
}

/** What there is to say beyond that: QEMU's words where it has some. */
export function verdictMessage(verdict: VerdictCell): string | undefined {
  switch (verdict.type) {
    case 'stopped':
    case 'corrupt':
    case 'refused':
      return clean(verdict.message);
    case 'failed':
      return clean([verdict.error, verdict.reported ?? ''].filter(Boolean).join(': '));
    case 'aborts':
    case 'unpredictable':
      return clean(verdict.reason);
    case 'unreached':
      return `The session ended with operation ${verdict.since + 1}.`;
    case 'passes':
      return verdict.reported === undefined ? undefined : clean(verdict.reported);
  }
}

/** Why the engines part, where space is dear. */
export function reasonLabel({ reason }: Disagreement): string {
  switch (reason.type) {
    case 'unknown-type':
      return 'type not covered';
    case 'unprotected':
      return `window ${count(reason.window)} unprotected`;
    case 'under-covered':
      return 'table under-covered';
    case 'not-entered':
      return 'never entered';
    case 'stale':
      return 'stale flag';
    case 'order':
      return 'named in another order';
  }
}

/** A step in a line of a list. */
export interface StepLine {
  readonly text: string;
  /** Where it happens in the file, in bytes. */
  readonly offset: number | undefined;
  readonly detail: string;
  readonly end: string;
  readonly look: 'plain' | 'dim' | 'miss' | 'stopped' | 'loss' | 'bad';
}

export function stepLine(step: Step): StepLine {
  switch (step.type) {
    case 'write': {
      const { what, offset, checked, conflict } = step;
      const isElsewhere = what === 'external data';
      const ignored = typeNames(step.ignore)
        .map((kind) => KIND_TEXT[kind])
        .join(', ');
      const parts = [
        ...(isElsewhere ? [`at ${hex(offset)} of the data file`] : []),
        size(step.size),
        ...(checked && ignored !== '' ? [`ignoring ${ignored}`] : []),
      ];
      const line = {
        text: what.startsWith('hole') ? `punch ${what}` : `write ${what}`,
        offset: isElsewhere ? undefined : offset,
        detail: parts.join(', '),
      };
      if (conflict !== undefined) return { ...line, end: 'stopped', look: 'stopped' };
      const lost = step.losses.reduce((set, { kinds }) => set | kinds, 0);
      const [destroyed, overwritten] = [lost & ~GUEST_DATA, lost & GUEST_DATA].map(kindsIn);
      if (lost !== 0)
        return {
          ...line,
          end: lossText(destroyed, overwritten),
          look: destroyed.length > 0 ? 'bad' : 'loss',
        };
      return { ...line, end: checked ? 'checked' : 'unchecked', look: 'dim' };
    }
    case 'look-up':
      return {
        text: `look up ${step.cache === 'l2' ? 'L2 slice' : 'refcount block'}`,
        offset: step.offset,
        detail: step.count === 1 ? '' : `${count(step.count)} times`,
        end: step.hit ? 'hit' : 'miss',
        look: step.hit ? 'dim' : 'miss',
      };
    case 'allocate':
      return {
        text: `allocate ${KIND_TEXT[step.kind]}`,
        offset: step.offset,
        detail: plural(step.clusters, 'cluster'),
        end: '',
        look: 'plain',
      };
    case 'free':
      return {
        text: `free ${KIND_TEXT[step.kind]}`,
        offset: step.offset,
        detail: plural(step.clusters, 'cluster'),
        end: 'refcount 0',
        look: 'dim',
      };
    case 'l1-entry':
      return {
        text: `set L1 entry ${count(step.index)}`,
        offset: undefined,
        detail: `${step.old} → ${step.new}`,
        end: '',
        look: 'plain',
      };
    case 'l2-entry':
      return {
        text: `set L2 entry of guest ${hex(step.guestOffset)}`,
        offset: undefined,
        detail: `${step.old} → ${step.new}`,
        end: '',
        look: 'plain',
      };
    case 'corruption':
      return {
        text: step.corruption.fatal ? 'mark the image corrupt' : 'report corruption',
        offset: step.corruption.offset,
        detail: step.corruption.message,
        end: step.corruption.fatal ? 'QEMU stops using the image' : '',
        look: 'stopped',
      };
  }
}
