import { viewOf } from '../bytes.js';
import { bytesPerTable, guestMap } from '../guest/guestMap.js';
import type { GuestRun } from '../guest/guestRun.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { joined, type Range } from './ranges.js';

/** COPIED tells of refcounts, and not where anything lies. */
const COPIED_HIGH = 0x80000000;

/**
 * The ranges of the disk that two images, or two states of one, have in different places or in
 * another form; what only one has is different. What is written in place changes no map, and is not
 * seen. `isOneFile`: equal tables are one table. Throws on I/O errors.
 */
export function guestDifference(
  a: MappableImage,
  b: MappableImage,
  isOneFile: boolean,
): Generator<Range, void, void> {
  const isAlike =
    a.geometry.clusterSize === b.geometry.clusterSize &&
    a.geometry.extendedL2 === b.geometry.extendedL2;
  return joined(isAlike ? byTables(a, b, isOneFile) : byRuns(a, b));
}

function* byTables(
  a: MappableImage,
  b: MappableImage,
  isOneFile: boolean,
): Generator<Range, void, void> {
  const { clusterSize, l2Entries, l2EntrySize } = a.geometry;
  const sizes = [a, b].map(({ geometry }) => Number(geometry.virtualSize));
  const size = Math.max(...sizes);
  const common = Math.min(...sizes);
  const perTable = bytesPerTable(a.geometry);
  const ours = new Table(a);
  const theirs = new Table(b);
  const tables = Math.max(a.l1.present, b.l1.present);
  for (let index = 0; index < tables && index * perTable < common; index++) {
    const offset = ours.offset(index);
    if (isOneFile ? offset === theirs.offset(index) : offset === 0 && theirs.offset(index) === 0)
      continue;
    const one = ours.read(index);
    const other = theirs.read(index);
    for (let entry = 0; entry < l2Entries; entry++) {
      if (isSame(one, other, entry * l2EntrySize, l2EntrySize)) continue;
      const start = index * perTable + entry * clusterSize;
      if (start >= common) break;
      yield { start, length: Math.min(clusterSize, common - start) };
    }
  }
  yield { start: common, length: size - common };
}

function isSame(one: DataView, other: DataView, at: number, bytes: number): boolean {
  if (((one.getUint32(at) ^ other.getUint32(at)) & ~COPIED_HIGH) !== 0) return false;
  for (let word = 4; word < bytes; word += 4)
    if (one.getUint32(at + word) !== other.getUint32(at + word)) return false;
  return true;
}

/** The L2 tables of an image, one at a time. */
class Table {
  readonly #image: MappableImage;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(image: MappableImage) {
    this.#image = image;
    this.#bytes = new Uint8Array(image.geometry.clusterSize);
    this.#view = viewOf(this.#bytes);
  }

  /** Host offset of the table in an L1 entry; 0 for none. */
  offset(index: number): number {
    const { l1, geometry } = this.#image;
    return index < geometry.l1DiskEntries ? maskedOffset(l1.high(index), l1.low(index)) : 0;
  }

  /** Its bytes, until the next is read; zeros where there is none. */
  read(index: number): DataView {
    const offset = this.offset(index);
    if (offset === 0) this.#bytes.fill(0);
    else this.#image.source.readInto(this.#bytes, offset);
    return this.#view;
  }
}

/** The same where clusters are of two sizes: by what is alike, byte for byte. */
function* byRuns(a: MappableImage, b: MappableImage): Generator<Range, void, void> {
  const ours = guestMap(a);
  const theirs = guestMap(b);
  let one = next(ours);
  let other = next(theirs);
  let start = 0;
  while (one || other) {
    const end = Math.min(endOf(one), endOf(other));
    if (!one || !other || !isAlikeAt(one, other, start)) yield { start, length: end - start };
    start = end;
    if (one && endOf(one) <= end) one = next(ours);
    if (other && endOf(other) <= end) other = next(theirs);
  }
}

function next(runs: Generator<GuestRun, void, void>): GuestRun | undefined {
  const { done, value } = runs.next();
  return done === true ? undefined : value;
}

const endOf = (run: GuestRun | undefined): number => (run ? run.start + run.length : Infinity);

function isAlikeAt(a: GuestRun, b: GuestRun, at: number): boolean {
  if (a.kind !== b.kind) return false;
  const placeOf = (run: GuestRun): number | undefined =>
    'hostOffset' in run ? run.hostOffset + at - run.start : undefined;
  return placeOf(a) === placeOf(b);
}
