import { guestClusters } from '../guest/guestTable.js';
import type { Bitmap } from '../qcow2/bitmapDirectory.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { readBitmapTable } from '../qcow2/openBitmaps.js';
import { BytePlane } from './bytePlane.js';
import { NAMED, ranksOf, valueOf } from './layer.js';

const CLEAN = valueOf('bitmaps', 'clean');
const ONLY = valueOf('bitmaps', 'only-1');
const LATER = valueOf('bitmaps', 'only-later');
const TWO = valueOf('bitmaps', 'two');
const MORE = valueOf('bitmaps', 'more');

/** Bitmaps whose contents can be relied upon: QEMU marks the others as in use, and drops them. */
export const usableBitmaps = (image: MappableImage): readonly Bitmap[] =>
  image.bitmaps?.bitmaps.filter(({ inUse }) => !inUse) ?? [];

/**
 * In which persistent bitmaps each cluster of the guest's disk is dirty, be it in part. Yields the
 * part done after each cluster of a bitmap. Throws on I/O errors.
 */
export function* dirtyClusters(image: MappableImage): Generator<number, BytePlane> {
  const { geometry } = image;
  const ranks = ranksOf({ view: 'guest', layer: 'bitmaps' });
  const plane = new BytePlane(guestClusters(geometry), ranks, CLEAN);
  const bitmaps = usableBitmaps(image);
  for (const [number, bitmap] of bitmaps.entries()) {
    const next = nextValues(number);
    // Several bits may stand for one cluster: what has been marked is not marked again.
    let marked = 0;
    for (const { from, to, done } of dirtyStretches(image, bitmap)) {
      const first = Math.max(marked, Math.floor(from / geometry.clusterSize));
      const end = Math.min(plane.clusters, Math.ceil(to / geometry.clusterSize));
      if (first < end) {
        plane.replace(first, end, next);
        marked = end;
      }
      if (done !== undefined) yield (number + done) / bitmaps.length;
    }
  }
  return plane;
}

/** By value: what becomes of it where the bitmap of that number is dirty too. */
function nextValues(number: number): Uint8Array {
  const next = new Uint8Array(256).fill(MORE);
  next.fill(TWO, ONLY, LATER + 1);
  next[CLEAN] = number < NAMED ? ONLY + number : LATER;
  return next;
}

interface Stretch {
  /** Guest offsets in bytes. */
  readonly from: number;
  readonly to: number;
  /** Part of the bitmap done, told after each of its clusters. */
  readonly done: number | undefined;
}

/** The dirty parts of the disk, in ascending order. */
function* dirtyStretches(image: MappableImage, bitmap: Bitmap): Generator<Stretch> {
  const { clusterSize, virtualSize } = image.geometry;
  const table = readBitmapTable(image.source, bitmap);
  const granularity = 2 ** bitmap.granularityBits;
  const covered = clusterSize * 8 * granularity;
  const bytes = new Uint8Array(clusterSize);
  const size = Number(virtualSize);
  for (let index = 0; index < table.present; index++) {
    const start = index * covered;
    if (start >= size) return;
    const high = table.high(index);
    const low = table.low(index);
    const offset = maskedOffset(high, low);
    const done = (index + 1) / table.present;
    if (offset === 0) {
      // Without a cluster bit 0 stands for all bits of it.
      const set = (low & 1) !== 0;
      if (set) yield { from: start, to: start + covered, done };
      continue;
    }
    image.source.readInto(bytes, offset);
    for (const { from, to } of runsOfOnes(bytes))
      yield { from: start + from * granularity, to: start + to * granularity, done: undefined };
    yield { from: 0, to: 0, done };
  }
}

/** Runs of set bits; bit n is bit n % 8 of byte n / 8. */
function* runsOfOnes(bytes: Uint8Array): Generator<{ readonly from: number; readonly to: number }> {
  let from = -1;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === (from < 0 ? 0 : 0xff)) continue;
    for (let bit = 0; bit < 8; bit++) {
      const set = ((byte >>> bit) & 1) === 1;
      if (set === from >= 0) continue;
      if (set) from = at * 8 + bit;
      else {
        yield { from, to: at * 8 + bit };
        from = -1;
      }
    }
  }
  if (from >= 0) yield { from, to: bytes.length * 8 };
}
