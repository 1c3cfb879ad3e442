import type { ByteSource } from '../byteSource.js';
import type { Scan } from '../check/scan.js';
import { StoredRefcounts } from '../check/storedRefcounts.js';
import { MANY, referencesOf, storedOf } from '../map/cell.js';
import { type Chunk, CHUNK, ClusterMap } from '../map/clusterMap.js';
import { SparseBits } from '../map/sparseBits.js';
import { isMappable, openImage } from '../qcow2/image.js';
import { BytePlane, PlaneWriter } from './bytePlane.js';
import { ranksOf, valueOf } from './layer.js';
import type { PictureSource } from './source.js';

/** A repaired file. */
export interface RepairedFile {
  readonly source: ByteSource;
  /** Bytes that are not what they were, by host offset. */
  changed(): Iterable<{ readonly offset: number; readonly bytes: Uint8Array }>;
}

/** Chunks, and runs of changed bytes, in one step. */
const AT_ONCE = 64;

const NONE = valueOf('repairAll', 'none');
const UNCHANGED = valueOf('repairAll', 'unchanged');
const REFCOUNT = valueOf('repairAll', 'refcount');
const WRITTEN = valueOf('repairAll', 'written');
const TAKEN = valueOf('repairAll', 'taken');
const FREED = valueOf('repairAll', 'freed');

/**
 * What a repair does to each cluster of the file, as far as that went before: it is given free, or
 * taken; its bytes are written, or its refcount alone. Yields the part done. Throws on I/O errors.
 */
export function* repairLayer(
  { image, map, stored }: Scan,
  repaired: RepairedFile,
): Generator<number, PictureSource, void> {
  const { geometry } = image;
  const written = new SparseBits();
  let runs = 0;
  for (const { offset, bytes } of repaired.changed()) {
    const last = Math.floor((offset + bytes.length - 1) / geometry.clusterSize);
    written.add(Math.floor(offset / geometry.clusterSize), last + 1);
    if (++runs % AT_ONCE === 0) yield 0;
  }
  const after = new ClusterMap(map.clusters);
  const opened = openImage(repaired.source);
  // Of a file that has become none, no refcount is known any more.
  const counts = isMappable(opened)
    ? new StoredRefcounts(opened, { ...opened.geometry, hostClusters: map.clusters })
    : undefined;
  if (counts) for (const done of counts.load(after)) yield done / 2;
  const isSame = (cluster: number): boolean => stored.exact(cluster) === counts?.exact(cluster);
  const plane = new BytePlane(map.clusters, ranksOf({ view: 'host', layer: 'repairAll' }), NONE);
  const writer = new PlaneWriter((from, to, value) => {
    plane.fill(from, to, value);
  });
  for (let index = 0; index < map.chunkCount; index++) {
    if (index % AT_ONCE === 0) yield 0.5 + index / map.chunkCount / 2;
    const from = index * CHUNK;
    const to = Math.min(from + CHUNK, map.clusters);
    const [old, now] = [map.chunk(index), after.chunk(index)];
    const isPlain = typeof old === 'number' && typeof now === 'number';
    const isWhole = isPlain && storedOf(old) !== MANY && written.next(from, to) === to;
    if (isWhole) writer.put(from, to, fate(old, now, false));
    for (let cluster = from; cluster < to && !isWhole; cluster++) {
      const [then, since] = [cellIn(old, cluster), cellIn(now, cluster)];
      const value = fate(then, since, written.has(cluster));
      // Above, cells tell refcounts apart no more.
      const isMore = value === UNCHANGED && storedOf(then) === MANY && !isSame(cluster);
      writer.put(cluster, cluster + 1, isMore ? REFCOUNT : value);
    }
  }
  writer.flush();
  return plane;
}

const cellIn = (chunk: Chunk, cluster: number): number =>
  typeof chunk === 'number' ? chunk : chunk[cluster % CHUNK];

function fate(old: number, now: number, isWritten: boolean): number {
  const [before, then] = [storedOf(old), storedOf(now)];
  const isUsed = before > 0 || referencesOf(old) > 0;
  if (before > 0 && then === 0) return FREED;
  if (!isUsed && then > 0) return TAKEN;
  if (isWritten) return WRITTEN;
  if (before !== then) return REFCOUNT;
  return isUsed ? UNCHANGED : NONE;
}
