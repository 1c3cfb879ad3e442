import type { WriteKind, WriteStep } from '../simulate/copy/outcome.js';
import { bytes, type Bytes, hostOffset, type HostOffset } from '../units.js';

/** When in the run of qemu-img something is written. */
export type RepairPhase = 'opening' | 'checking' | 'closing';

/** A part of the file. */
export interface Stretch {
  readonly offset: HostOffset;
  readonly length: Bytes;
}

/** Writes of one kind, one after the other: what a repair does to the file, in QEMU's order. */
export interface RepairStep {
  readonly phase: RepairPhase;
  /** A freed cluster is a hole: it reads as zeros where the file system makes holes. */
  readonly what: WriteKind | 'file length';
  /** So many writes; of holes: stretches. */
  readonly writes: number;
  /** Bytes in all. */
  readonly length: Bytes;
  /** The first stretches: neighbours are one. */
  readonly places: readonly Stretch[];
  /** What stopped it, in QEMU's words: nothing was written then. */
  readonly conflict: string | undefined;
  /** It writes over what somebody else has there. */
  readonly harms: boolean;
}

/** Steps that are kept, and places of one. */
const STEPS = 1000;
const PLACES = 64;

type Growing = { -readonly [K in keyof RepairStep]: RepairStep[K] } & { places: Stretch[] };

/** The writes of a repair as steps. */
export class RepairSteps {
  phase: RepairPhase = 'opening';
  /** Steps that are too many to be kept. */
  leftOut = 0;
  readonly #steps: Growing[] = [];
  #last: Growing | undefined;

  get kept(): readonly RepairStep[] {
    return this.#steps;
  }

  write({ what, offset, size, conflict, losses }: WriteStep): void {
    this.#add(this.#stepOf(what, conflict, losses.length > 0), offset, size);
  }

  /** The file has become longer; nothing was written. */
  grew(from: number, to: number): void {
    this.#add(this.#stepOf('file length', undefined, false), from, to - from);
  }

  #add(step: Growing, offset: number, size: number): void {
    step.writes++;
    step.length = bytes(step.length + size);
    const last = step.places.at(-1);
    if (last && last.offset + last.length === offset)
      step.places[step.places.length - 1] = { ...last, length: bytes(last.length + size) };
    else if (step.places.length < PLACES)
      step.places.push({ offset: hostOffset(offset), length: bytes(size) });
  }

  /** The step that a write belongs to. */
  #stepOf(what: RepairStep['what'], conflict: string | undefined, harms: boolean): Growing {
    const last = this.#last;
    const goesOn =
      last?.phase === this.phase &&
      last.what === what &&
      last.conflict === conflict &&
      last.harms === harms;
    if (goesOn) return last;
    const step: Growing = {
      phase: this.phase,
      what,
      writes: 0,
      length: bytes(0),
      places: [],
      conflict,
      harms,
    };
    this.#last = step;
    if (this.#steps.length < STEPS) this.#steps.push(step);
    else this.leftOut++;
    return step;
  }
}
