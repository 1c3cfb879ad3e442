import { viewOf } from '../bytes.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import { COMPRESSED, compressedSpan } from '../qcow2/l2Entry.js';
import { kindsOf } from '../map/cell.js';
import { Budget } from '../map/budget.js';
import { CHUNK, ClusterMap } from '../map/clusterMap.js';
import { L2EntryRuns } from '../qcow2/l2EntryRuns.js';
import { NOBODY, OwnerSets } from './ownerSets.js';
import { ScatteredVisits } from './slabVisits.js';
import type { Scan } from '../check/scan.js';

/** The owner that is the active layer; snapshot n of the snapshot table is owner n + 1. */
export const ACTIVE = 0;
/** Stands in the place of a set where the image itself owns a cluster (`ownershipWithImage`). */
export const IMAGE = 2 ** 20;
/** Bytes that the sets of all clusters may take. */
const BUDGET = 2 ** 29;
/** Tables, or chunks of the map, that are looked at in one go. */
const AT_ONCE = 1024;

/** Which disk states, the active one and those of snapshots, need which host cluster. */
export interface Ownership {
  readonly sets: OwnerSets;
  /** By host cluster: the number of a set; that of none where no disk state needs it. */
  readonly owners: ClusterMap;
}

/**
 * Finds out who would miss each cluster: L1 tables, L2 tables, and all that these refer to. Each L2
 * table is read once, however many snapshots share it. Yields the part done. Throws on I/O errors,
 * and when the answer would take too much memory.
 */
export function* ownership(scan: Scan): Generator<number, Ownership, void> {
  const { image, tables } = scan;
  const { geometry, source, l1, snapshotTable } = image;
  const sets = new OwnerSets();
  const owners = new ClusterMap(geometry.hostClusters, new Budget(BUDGET));
  const marks = new Marks(owners, sets);
  const { clusterSize } = geometry;
  const markBytes = (offset: number, length: number, set: number): void => {
    if (length === 0) return;
    marks.add(Math.floor(offset / clusterSize), Math.ceil((offset + length) / clusterSize), set);
  };

  markBytes(l1.offset, l1.length * 8, sets.with(NOBODY, ACTIVE));
  for (const { index, l1Offset, l1Size } of snapshotTable.snapshots)
    markBytes(Number(l1Offset), l1Size * 8, sets.with(NOBODY, index + 1));

  const setsOfL1s = tables.l1s.map(({ of }) =>
    of.reduce(
      (set, { snapshot }) => sets.with(set, snapshot ? snapshot.index + 1 : ACTIVE),
      NOBODY,
    ),
  );
  const byOffset = new Map<number, number>();
  for (let table = 0; table < tables.length; table++) {
    const offset = tables.offset(table);
    let set = byOffset.get(offset) ?? NOBODY;
    for (const l1 of tables.l1sOf(table)) set = sets.union(set, setsOfL1s[l1]);
    byOffset.set(offset, set);
    if (table % AT_ONCE === 0) yield 0;
  }
  const scattered = new ScatteredVisits(owners.clusters, (cluster, set) => {
    marks.addOne(cluster, set);
  });
  const bytes = new Uint8Array(clusterSize);
  const view = viewOf(bytes);
  const runs = new L2EntryRuns(geometry);
  let done = 0;
  for (const [offset, set] of byOffset) {
    markBytes(offset, clusterSize, set);
    source.readInto(bytes, offset);
    runs.decode(view, geometry.l2Entries);
    for (let run = 0; run < runs.count && !geometry.externalData; run++) {
      const high = runs.highs[run];
      const low = runs.lows[run];
      if ((high & COMPRESSED) !== 0) {
        const span = compressedSpan(high, low, geometry);
        markBytes(span.offset, span.length, set);
      } else {
        const start = maskedOffset(high, low);
        const cluster = start / clusterSize;
        const alone = runs.lengths[run] === 1 && Number.isInteger(cluster);
        if (alone && start !== 0 && cluster < owners.clusters) scattered.add(cluster, set);
        else if (start !== 0) markBytes(start, runs.lengths[run] * clusterSize, set);
      }
    }
    yield ++done / byOffset.size;
  }
  scattered.flush();
  return { sets, owners };
}

/** The same, with IMAGE where a cluster holds something that no disk state needs. */
export function* ownershipWithImage(scan: Scan): Generator<number, Ownership, void> {
  const found = yield* ownership(scan);
  yield* markImage(scan.map, found.owners);
  return found;
}

/** The sets of clusters while they are found out. */
class Marks {
  readonly #owners: ClusterMap;
  readonly #sets: OwnerSets;
  /** The union that was made last, of two sets. */
  #before = NOBODY;
  #added = NOBODY;
  #union = NOBODY;

  constructor(owners: ClusterMap, sets: OwnerSets) {
    this.#owners = owners;
    this.#sets = sets;
  }

  /** Adds a set to that of one cluster of the file: there may be millions, and few sets. */
  addOne(cluster: number, set: number): void {
    const owners = this.#owners;
    const before = owners.cell(cluster);
    if (before !== this.#before || set !== this.#added) {
      this.#before = before;
      this.#added = set;
      this.#union = this.#sets.union(before, set);
    }
    if (this.#union === before) return;
    owners.writable(Math.floor(cluster / CHUNK))[cluster % CHUNK] = this.#union;
  }

  /** Adds a set to those of the clusters [from, to), as far as the file goes. */
  add(from: number, to: number, set: number): void {
    const owners = this.#owners;
    const sets = this.#sets;
    const end = Math.min(to, owners.clusters);
    for (let start = from; start < end;) {
      const index = Math.floor(start / CHUNK);
      const stop = Math.min(end, (index + 1) * CHUNK);
      const chunk = owners.chunk(index);
      if (typeof chunk === 'number') {
        const next = sets.union(chunk, set);
        if (next !== chunk) owners.fill(start, stop, next);
      } else {
        const cells = owners.writable(index);
        let before = -1;
        let next = -1;
        for (let at = start % CHUNK; at < stop - index * CHUNK; at++) {
          if (cells[at] !== before) {
            before = cells[at];
            next = sets.union(before, set);
          }
          cells[at] = next;
        }
      }
      start = stop;
    }
  }
}

/** Puts IMAGE where a cluster holds something no disk state needs: header, refcounts, bitmaps. */
function* markImage(map: ClusterMap, owners: ClusterMap): Generator<number, void> {
  for (let index = 0; index * CHUNK < owners.clusters; index++) {
    if (index % AT_ONCE === 0) yield 1;
    const kinds = map.chunk(index);
    const chunk = owners.chunk(index);
    if (typeof kinds === 'number' && kindsOf(kinds) === 0) continue;
    if (typeof kinds === 'number' && typeof chunk === 'number') {
      if (chunk === NOBODY) owners.setUniform(index, IMAGE);
      continue;
    }
    const end = Math.min(CHUNK, owners.clusters - index * CHUNK);
    for (let at = 0; at < end; at++) {
      const kind = typeof kinds === 'number' ? kinds : kinds[at];
      const set = typeof chunk === 'number' ? chunk : chunk[at];
      if (set === NOBODY && kindsOf(kind) !== 0)
        owners.fill(index * CHUNK + at, index * CHUNK + at + 1, IMAGE);
    }
  }
}
