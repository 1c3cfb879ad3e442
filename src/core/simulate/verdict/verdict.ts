import { GUEST_DATA, type Kind, kindsIn } from '../../map/kinds.js';
import { GUARDED_TYPES, overlapMessage } from '../../overlap/types.js';
import type { Fate } from '../copy/fate.js';
import type { Outcome, Step, WriteKind } from '../copy/outcome.js';
import { bytes, type Bytes, hostOffset, type HostOffset } from '../../units.js';

/** Where a write that went through lies over what it has no business with. */
export interface LostPlace {
  /** The first step that did it, by its place in the operation's list. */
  readonly step: number;
  readonly what: WriteKind;
  readonly offset: HostOffset;
  readonly size: Bytes;
  readonly kinds: readonly Kind[];
}

/** What an operation overwrote without a word. */
export interface LossSummary {
  /** All kinds, in the order of their bits. */
  readonly kinds: readonly Kind[];
  /** How many places there are. */
  readonly total: number;
  /** The first of them. */
  readonly places: readonly LostPlace[];
}

/**
 * What came of an operation, in one word. Whatever else happened, `destroyed` tells of metadata and
 * `overwritten` of data of the guest that is lost: a write may go through before another one is
 * stopped. `reported` is a corruption that QEMU told of, and went on.
 */
export type Verdict = (
  | { readonly type: 'passes' }
  /** An overlap check prevented a write: that of this type. */
  | { readonly type: 'stopped'; readonly by: Kind; readonly message: string }
  /** QEMU found the image corrupt by other means, and stopped. */
  | { readonly type: 'corrupt'; readonly message: string }
  /** The request fails, as a request may. */
  | { readonly type: 'failed'; readonly error: string }
  /** QEMU itself ends with SIGABRT. */
  | { readonly type: 'aborts'; readonly reason: string }
  | { readonly type: 'unpredictable'; readonly reason: string }
  /** An earlier operation (by its place in the list) has ended the session. */
  | { readonly type: 'unreached'; readonly since: number }
) &
  Losses & { readonly reported: string | undefined };

export interface Losses {
  readonly destroyed: LossSummary | undefined;
  readonly overwritten: LossSummary | undefined;
}

/** Places that are told of each operation. */
const MAX_PLACES = 20;

/**
 * The verdict on the operation at `index` of a list.
 *
 * @param outcomes of the operations up to there
 */
export function verdictOn(outcomes: readonly Outcome[], index: number): Verdict {
  const outcome = outcomes[index];
  const { ending, corruption } = outcome;
  const told = {
    ...lossesOf(outcome.steps),
    reported: corruption?.fatal === false ? corruption.message : undefined,
  };
  const since = outcomes.findIndex(endsSession);
  if (since >= 0 && since < index) return { type: 'unreached', since, ...told };
  if (ending.state === 'aborted') return { type: 'aborts', reason: ending.reason, ...told };
  if (ending.state === 'unpredictable')
    return { type: 'unpredictable', reason: ending.reason, ...told };
  if (corruption?.fatal === true) {
    const { message } = corruption;
    const by = stoppingType(message);
    return by === undefined
      ? { type: 'corrupt', message, ...told }
      : { type: 'stopped', by, message, ...told };
  }
  if (ending.state === 'failed') return { type: 'failed', error: ending.error, ...told };
  return { type: 'passes', ...told };
}

/** The verdict in one of the words of the conflict map. */
export function fateOf({ type, destroyed, overwritten }: Verdict): Fate {
  if (type === 'aborts' || type === 'unpredictable') return type;
  if (destroyed) return 'destroys';
  if (overwritten) return 'overwrites';
  switch (type) {
    case 'passes':
      return 'safe';
    case 'stopped':
    case 'corrupt':
      return 'stopped';
    case 'failed':
      return 'failed';
    case 'unreached':
      return 'unknown';
  }
}

/** Whether nothing that comes after can be told, or can succeed. */
function endsSession({ ending, corruption }: Outcome): boolean {
  return (
    corruption?.fatal === true || ending.state === 'aborted' || ending.state === 'unpredictable'
  );
}

function lossesOf(steps: readonly Step[]): Losses {
  const destroyed = new Collected(~GUEST_DATA);
  const overwritten = new Collected(GUEST_DATA);
  for (const [index, step] of steps.entries()) {
    if (step.type !== 'write') continue;
    for (const { offset, size, kinds } of step.losses) {
      const place = {
        step: index,
        what: step.what,
        offset: hostOffset(offset),
        size: bytes(size),
      };
      destroyed.add(place, kinds);
      overwritten.add(place, kinds);
    }
  }
  return { destroyed: destroyed.lost(), overwritten: overwritten.lost() };
}

/** Gathers what is lost of some kinds. */
class Collected {
  readonly #mask: number;
  readonly #places: LostPlace[] = [];
  #kinds = 0;
  #total = 0;

  constructor(mask: number) {
    this.#mask = mask;
  }

  add(place: Omit<LostPlace, 'kinds'>, kinds: number): void {
    const lost = kinds & this.#mask;
    if (lost === 0) return;
    this.#kinds |= lost;
    // A table is written time and again.
    if (this.#places.some((known) => isSame(known, place))) return;
    this.#total++;
    if (this.#places.length < MAX_PLACES) this.#places.push({ ...place, kinds: kindsIn(lost) });
  }

  lost(): LossSummary | undefined {
    if (this.#total === 0) return undefined;
    return { kinds: kindsIn(this.#kinds), total: this.#total, places: this.#places };
  }
}

const isSame = (a: LostPlace, b: Omit<LostPlace, 'kinds'>): boolean =>
  a.what === b.what && a.offset === b.offset && a.size === b.size;

/** The type whose check gave QEMU's message; undefined for a message of another kind. */
function stoppingType(message: string): Kind | undefined {
  return GUARDED_TYPES.find((_, bit) => overlapMessage(1 << bit) === message);
}
