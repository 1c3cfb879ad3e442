/** What a guest asks of its disk. */
export const REQUEST_KINDS = [
  'read',
  'write',
  'write-zeroes',
  'write-zeroes-unmap',
  'write-compressed',
  'discard',
  'flush',
] as const;

export type RequestKind = (typeof REQUEST_KINDS)[number];

/** A kind as a batch has it. */
export const KIND: Readonly<Record<RequestKind, number>> = {
  read: 0,
  write: 1,
  'write-zeroes': 2,
  'write-zeroes-unmap': 3,
  'write-compressed': 4,
  discard: 5,
  flush: 6,
};

/** Takes requests one by one: a kind, and bytes of the guest's disk. */
export interface RequestSink {
  add(kind: number, offset: number, length: number): void;
}

const FIRST_ROOM = 1024;

/** Requests in order, as columns. It grows as needed, and is used anew for the next ones. */
export class RequestBatch implements RequestSink {
  kinds = new Uint8Array(FIRST_ROOM);
  offsets = new Float64Array(FIRST_ROOM);
  lengths = new Float64Array(FIRST_ROOM);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(kind: number, offset: number, length: number): void {
    if (this.#size === this.kinds.length) this.#grow();
    this.kinds[this.#size] = kind;
    this.offsets[this.#size] = offset;
    this.lengths[this.#size] = length;
    this.#size++;
  }

  clear(): void {
    this.#size = 0;
  }

  #grow(): void {
    const room = this.#size * 2;
    const { kinds, offsets, lengths } = this;
    this.kinds = new Uint8Array(room);
    this.kinds.set(kinds);
    this.offsets = new Float64Array(room);
    this.offsets.set(offsets);
    this.lengths = new Float64Array(room);
    this.lengths.set(lengths);
  }
}
