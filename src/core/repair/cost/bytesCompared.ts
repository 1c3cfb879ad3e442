import type { ByteSource } from '../../byteSource.js';
import type { MappableImage } from '../../qcow2/image.js';
import { Unpredictable } from '../../simulate/copy/failure.js';
import type { GuestChange } from './rangeList.js';
import type { Reading } from './reading.js';

/** Bytes that are read of the file as it was to see whether they are different; beyond that they are. */
const MAX_READ = 2 ** 28;

/** Compares what two readings of a cluster give, byte by byte where that decides. */
export class BytesCompared {
  readonly #before: ByteSource;
  readonly #after: ByteSource;
  readonly #isEncrypted: boolean;
  readonly #isExternal: boolean;
  readonly #old: Uint8Array;
  readonly #now: Uint8Array;
  #left = MAX_READ;

  constructor({ source, geometry, header }: MappableImage, after: ByteSource) {
    this.#before = source;
    this.#after = after;
    this.#isEncrypted = header.number('crypt_method') !== 0;
    this.#isExternal = geometry.externalData;
    // Compressed data may be as long as two clusters, by what its entry says.
    this.#old = new Uint8Array(2 * geometry.clusterSize);
    this.#now = new Uint8Array(2 * geometry.clusterSize);
  }

  /** How a cluster reads otherwise; undefined when it does not. */
  change(old: Reading, now: Reading, clusterSize: number): GuestChange | undefined {
    if (now.from === 'nowhere') return old.from === 'nowhere' ? undefined : 'unreadable';
    if (old.from === 'nowhere') return 'readable';
    if (now.from === 'backing') return old.from === 'backing' ? undefined : 'backing';
    if (now.from === 'zeros') return this.#toZeros(old, clusterSize);
    if (now.from === 'data-file')
      return old.from === 'data-file' && old.offset === now.offset ? undefined : 'other-bytes';
    if (now.from === 'compressed') {
      const isSame =
        old.from === 'compressed' && old.offset === now.offset && old.length === now.length;
      return isSame && this.#differs(old.offset, now.offset, now.length) === undefined
        ? undefined
        : 'other-bytes';
    }
    if (now.from === 'subclusters') {
      const isSame =
        old.from === 'subclusters' &&
        old.offset === now.offset &&
        old.zeroes === now.zeroes &&
        old.allocated === now.allocated;
      return isSame && this.#differs(old.offset, now.offset, clusterSize) === undefined
        ? undefined
        : 'other-bytes';
    }
    // The place is part of the key.
    if (this.#isEncrypted && (old.from !== 'file' || old.offset !== now.offset))
      return 'other-bytes';
    if (old.from === 'file') return this.#differs(old.offset, now.offset, clusterSize);
    if (old.from !== 'zeros') return 'other-bytes';
    const bytes = this.#now.subarray(0, clusterSize);
    return this.#fill(this.#after, bytes, now.offset) && isZero(bytes) ? undefined : 'other-bytes';
  }

  #toZeros(old: Reading, clusterSize: number): GuestChange | undefined {
    if (old.from === 'zeros') return undefined;
    if (old.from !== 'file' || this.#isEncrypted || this.#left < clusterSize) return 'zeros';
    this.#left -= clusterSize;
    const bytes = this.#old.subarray(0, clusterSize);
    return this.#fill(this.#before, bytes, old.offset) && isZero(bytes) ? undefined : 'zeros';
  }

  /** How the bytes at a place differ from those that were at another. */
  #differs(old: number, now: number, length: number): GuestChange | undefined {
    if (this.#isExternal) return undefined;
    const after = this.#now.subarray(0, length);
    if (!this.#fill(this.#after, after, now)) return 'other-bytes';
    const what = !this.#isEncrypted && isZero(after) ? 'zeros' : 'other-bytes';
    if (this.#left < length) return what;
    this.#left -= length;
    const before = this.#old.subarray(0, length);
    this.#before.readInto(before, old);
    for (let i = 0; i < length; i++) if (before[i] !== after[i]) return what;
    return undefined;
  }

  /** False when nobody can say what the bytes are. */
  #fill(source: ByteSource, target: Uint8Array, offset: number): boolean {
    try {
      source.readInto(target, offset);
      return true;
    } catch (error) {
      if (error instanceof Unpredictable) return false;
      throw error;
    }
  }
}

const isZero = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
};
