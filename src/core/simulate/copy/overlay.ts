import type { ByteSource } from '../../byteSource.js';
import { hex } from '../../bytes.js';
import { Unpredictable } from './failure.js';

/** What some bytes of a file are. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'fill'; readonly value: number }
  /** So many bytes of a cluster of one value, compressed; which bytes they are is not known. */
  | { readonly kind: 'packed'; readonly value: number }
  /** Nobody can say: data of a file that was not read, or the output of a compressor. */
  | { readonly kind: 'unknown' };

/** So many bytes of a content. */
export interface Part {
  readonly length: number;
  readonly content: Content;
}

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly content: Content;
  /** Where in `content.bytes` the extent starts. */
  readonly at: number;
}

/** Beyond this the contents of data are forgotten, and metadata makes the simulation give up. */
const MAX_BYTES = 256 * 2 ** 20;

/** A file with changes over it: the file itself is never touched, nor copied. */
export class Overlay implements ByteSource {
  readonly #base: ByteSource;
  /** Ascending, without overlaps. */
  #extents: Extent[] = [];
  #size: number;
  #held = 0;

  constructor(base: ByteSource) {
    this.#base = base;
    this.#size = base.size;
  }

  /** Length of the changed file in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of the changes that are kept in memory. */
  get held(): number {
    return this.#held;
  }

  /** Writes; the file grows as needed. */
  write(offset: number, parts: readonly Part[]): void {
    let at = offset;
    for (const { length, content } of parts) {
      if (length > 0) this.#put(at, at + length, content);
      at += length;
    }
    this.#size = Math.max(this.#size, at);
  }

  /** The file is at least so long; what is new reads as zeros. */
  reach(size: number): void {
    this.#size = Math.max(this.#size, size);
  }

  /** Makes a hole, which reads as zeros; the file keeps its length. */
  punch(offset: number, length: number): void {
    const end = Math.min(offset + length, this.#size);
    if (offset < end) this.#put(offset, end, ZEROS);
  }

  /** Fills `target`. Throws Unpredictable when the contents are not known. */
  readInto(target: Uint8Array, offset: number): void {
    let at = 0;
    for (const { length, content } of this.#parts(offset, target.length)) {
      const piece = target.subarray(at, at + length);
      if (content === undefined) this.#base.readInto(piece, offset + at);
      else if (content.kind === 'bytes') piece.set(content.bytes);
      else if (content.kind === 'fill') piece.fill(content.value);
      else if (content.kind === 'packed' || content.kind === 'unknown')
        throw new Unpredictable(
          `QEMU reads what was written to ${hex(offset + at)}, and its contents are not known`,
        );
      at += length;
    }
  }

  /** The contents of a range, to be written elsewhere. Data that is all alike costs nothing. */
  contents(offset: number, length: number): Part[] {
    let at = offset;
    return this.#parts(offset, length).map((part) => {
      const content = part.content ?? this.#baseContent(at, part.length);
      at += part.length;
      return { length: part.length, content };
    });
  }

  /** Whether anything was written to a range. */
  isChanged(offset: number, length: number): boolean {
    const index = this.#firstBehind(offset);
    return index < this.#extents.length && this.#extents[index].start < offset + length;
  }

  /** Bytes of the blocks of a file system that the changes touch, those from `offset` on; it is on their grid. */
  blocksFrom(offset: number, blockSize: number): number {
    let blocks = 0;
    let next = offset / blockSize;
    for (const change of this.changes()) {
      const end = Math.ceil((change.offset + change.length) / blockSize);
      blocks += Math.max(0, end - Math.max(next, Math.floor(change.offset / blockSize)));
      next = Math.max(next, end);
    }
    return blocks * blockSize;
  }

  /** The changes, in ascending order. Bytes are not to be changed. */
  *changes(): Generator<Part & { readonly offset: number }> {
    for (const extent of this.#extents)
      yield {
        offset: extent.start,
        length: extent.end - extent.start,
        content: contentOf(extent, extent.start, extent.end),
      };
  }

  #baseContent(offset: number, length: number): Content {
    if (offset >= this.#base.size) return ZEROS;
    if (length + this.#held > MAX_BYTES) return UNKNOWN;
    const bytes = new Uint8Array(length);
    this.#base.readInto(bytes, offset);
    return compact(bytes);
  }

  /** A range cut at the extents; undefined where the file itself shows through. */
  #parts(
    offset: number,
    length: number,
  ): { readonly length: number; readonly content: Content | undefined }[] {
    // No file reaches so far, nor do exact sums.
    if (offset > Number.MAX_SAFE_INTEGER - length) return [{ length, content: undefined }];
    const parts: { length: number; content: Content | undefined }[] = [];
    const end = offset + length;
    let at = offset;
    for (let i = this.#firstBehind(offset); at < end; i++) {
      const extent = i < this.#extents.length ? this.#extents[i] : undefined;
      const next = Math.min(end, extent?.start ?? end);
      if (next > at) parts.push({ length: next - at, content: undefined });
      at = Math.max(at, next);
      if (!extent || at >= end) break;
      const stop = Math.min(end, extent.end);
      parts.push({ length: stop - at, content: contentOf(extent, at, stop) });
      at = stop;
    }
    return parts;
  }

  #put(start: number, end: number, content: Content): void {
    const first = this.#firstBehind(start);
    let last = first;
    const left: Extent[] = [];
    const right: Extent[] = [];
    while (last < this.#extents.length && this.#extents[last].start < end) {
      const old = this.#extents[last++];
      if (old.start < start) left.push({ ...old, end: start });
      if (old.end > end) right.push({ ...old, start: end, at: old.at + end - old.start });
      if (old.content.kind === 'bytes')
        this.#held -= Math.min(end, old.end) - Math.max(start, old.start);
    }
    if (content.kind === 'bytes') this.#held += end - start;
    if (this.#held > MAX_BYTES) throw new Unpredictable(`more than ${MAX_BYTES} bytes changed`);
    const extent: Extent = { start, end, content, at: 0 };
    const joined = left.length === 0 && right.length === 0 && this.#joinBefore(first, last, extent);
    if (!joined) this.#extents.splice(first, last - first, ...left, extent, ...right);
  }

  /** Data written in order stays one extent. */
  #joinBefore(first: number, last: number, extent: Extent): boolean {
    if (first === 0 || first !== last) return false;
    const before = this.#extents[first - 1];
    if (before.end !== extent.start || !alike(before.content, extent.content)) return false;
    this.#extents[first - 1] = { ...before, end: extent.end };
    return true;
  }

  /** Index of the first extent that ends behind `offset`. */
  #firstBehind(offset: number): number {
    let low = 0;
    let high = this.#extents.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#extents[middle].end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export const ZEROS: Content = { kind: 'fill', value: 0 };
export const UNKNOWN: Content = { kind: 'unknown' };

export const bytesPart = (bytes: Uint8Array): Part => ({
  length: bytes.length,
  content: { kind: 'bytes', bytes },
});

export function lengthOf(parts: readonly Part[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** The parts of a range that lie in [from, to), counted from its start. */
export function cut(parts: readonly Part[], from: number, to: number): Part[] {
  const kept: Part[] = [];
  let at = 0;
  for (const { length, content } of parts) {
    const start = Math.max(from, at);
    const end = Math.min(to, at + length);
    if (start < end)
      kept.push({
        length: end - start,
        content:
          content.kind === 'bytes'
            ? { kind: 'bytes', bytes: content.bytes.subarray(start - at, end - at) }
            : content,
      });
    at += length;
  }
  return kept;
}

function contentOf({ start, content, at }: Extent, from: number, to: number): Content {
  if (content.kind !== 'bytes') return content;
  return { kind: 'bytes', bytes: content.bytes.subarray(at + from - start, at + to - start) };
}

function alike(a: Content, b: Content): boolean {
  if (a.kind === 'unknown') return b.kind === 'unknown';
  return a.kind === 'fill' && b.kind === 'fill' && a.value === b.value;
}

function compact(bytes: Uint8Array): Content {
  const value = bytes[0];
  return bytes.every((byte) => byte === value) ? { kind: 'fill', value } : { kind: 'bytes', bytes };
}
