import type { Fields } from './fields.js';

/** Names that are kept apart; the requests of all others are counted together. */
const MAX_NAMES = 64;
/** Bytes kept of a name. */
const MAX_NAME = 256;

/** A file, device or disk that a log tells of. */
export interface Volume {
  readonly name: string;
  readonly requests: number;
}

interface Counted {
  readonly bytes: Uint8Array;
  requests: number;
}

/** The disks that the requests of a log are for, and the one that is asked for. */
export class Volumes {
  readonly #wanted: Uint8Array | undefined;
  readonly #known: Counted[] = [];
  #last: Counted | undefined;
  #others = 0;

  /** @param wanted undefined: all, as if they were one */
  constructor(wanted: string | undefined) {
    this.#wanted = wanted === undefined ? undefined : new TextEncoder().encode(wanted);
  }

  /** Counts a request for the volume in a field; whether it is asked for. */
  takes(fields: Fields, index: number): boolean {
    const { bytes } = fields;
    const start = fields.starts[index];
    const end = Math.min(fields.ends[index], start + MAX_NAME);
    const found = this.#find(bytes, start, end);
    if (found) found.requests++;
    else this.#others++;
    return !this.#wanted || isSame(this.#wanted, bytes, start, end);
  }

  /** With the most requests first. */
  get list(): readonly Volume[] {
    const text = new TextDecoder();
    return this.#known
      .map(({ bytes, requests }) => ({ name: text.decode(bytes), requests }))
      .sort((a, b) => b.requests - a.requests);
  }

  /** Requests of volumes beyond those in the list. */
  get others(): number {
    return this.#others;
  }

  #find(bytes: Uint8Array, start: number, end: number): Counted | undefined {
    if (this.#last && isSame(this.#last.bytes, bytes, start, end)) return this.#last;
    let found = this.#known.find((known) => isSame(known.bytes, bytes, start, end));
    if (!found && this.#known.length < MAX_NAMES) {
      found = { bytes: bytes.slice(start, end), requests: 0 };
      this.#known.push(found);
    }
    this.#last = found ?? this.#last;
    return found;
  }
}

function isSame(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
