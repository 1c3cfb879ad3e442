import { bytes, guestOffset, type Bytes, type GuestOffset } from '../../units.js';

/** How a piece of a disk reads otherwise than before. */
export type GuestChange =
  /** Zeros in the place of data. */
  | 'zeros'
  /** Other bytes: another owner's, or what a table now says. */
  | 'other-bytes'
  /** What the backing file has there. */
  | 'backing'
  /** It could be read before. */
  | 'unreadable'
  /** It could not be read before. */
  | 'readable';

/** A range of a guest's disk that reads otherwise. */
export interface ChangedRange {
  readonly start: GuestOffset;
  readonly length: Bytes;
  readonly what: GuestChange;
}

/** Ranges that are kept; the rest is counted. */
const KEPT = 1000;

/** Ranges of one disk, added in ascending order; neighbours that are alike are one. */
export class RangeList {
  readonly kept: ChangedRange[] = [];
  /** How many there are. */
  count = 0;
  /** Bytes behind the end of the disk: of the VM state. */
  beyond = 0;
  readonly #diskEnd: number;
  readonly #bytes = new Map<GuestChange, number>();
  #end = -1;
  #last: GuestChange | undefined;

  /** @param diskEnd where the VM state begins, in bytes */
  constructor(diskEnd: number) {
    this.#diskEnd = diskEnd;
  }

  add(start: number, whole: number, what: GuestChange): void {
    const length = Math.min(whole, this.#diskEnd - start);
    if (length <= 0) {
      this.beyond += whole;
      return;
    }
    this.#bytes.set(what, (this.#bytes.get(what) ?? 0) + length);
    const goesOn = start === this.#end && what === this.#last;
    this.#end = start + length;
    this.#last = what;
    if (!goesOn) {
      this.count++;
      if (this.count <= KEPT)
        this.kept.push({ start: guestOffset(start), length: bytes(length), what });
    } else if (this.count <= KEPT) {
      const last = this.kept[this.kept.length - 1];
      this.kept[this.kept.length - 1] = { ...last, length: bytes(last.length + length) };
    }
  }

  /** Bytes of each change. */
  get changed(): Readonly<Record<GuestChange, number>> {
    const of = (what: GuestChange): number => this.#bytes.get(what) ?? 0;
    return {
      zeros: of('zeros'),
      'other-bytes': of('other-bytes'),
      backing: of('backing'),
      unreadable: of('unreadable'),
      readable: of('readable'),
    };
  }
}
