import { viewOf } from '../bytes.js';
import { readBytes } from '../byteSource.js';
import { blockOffset, maskedOffset } from '../qcow2/entryTable.js';
import { compressedSpan, l2EntryKind } from '../qcow2/l2Entry.js';
import { kindsOf } from '../map/cell.js';
import { ANY_L1, ANY_L2, BIT } from '../map/kinds.js';
import type { Scan } from '../check/scan.js';
import { hostCluster, type HostCluster } from '../units.js';

/** Host clusters side by side. */
export interface ClusterRun {
  readonly cluster: HostCluster;
  readonly clusters: number;
}

/** What the tables in a cluster refer to. */
export interface TableReferences {
  /** Runs in ascending order; the lowest of them when there are more than `MAX_RUNS`. */
  readonly runs: readonly ClusterRun[];
  /** How many runs there are in all, and clusters in them. */
  readonly runCount: number;
  readonly clusters: number;
}

const MAX_RUNS = 4096;
/** Tables off the grid may share a cluster; more than these no sound image has. */
const MAX_TABLES = 8;
/** Spans of clusters that are gathered: twice the entries of the largest table. */
const MAX_SPANS = 2 ** 19;

/** The host clusters that the tables in a cluster refer to, each once. */
export function mappedBy(scan: Scan, cluster: HostCluster): TableReferences {
  const spans = new Spans(scan);
  const kinds = kindsOf(scan.map.cell(cluster));
  if (kinds & BIT.mainHeader) addHeader(scan, spans);
  if (kinds & ANY_L1) addL1Tables(scan, cluster, spans);
  if (kinds & ANY_L2) addL2Tables(scan, cluster, spans);
  if (kinds & (BIT.refcountTable | BIT.refcountBlock)) addRefcounts(scan, cluster, spans);
  if (kinds & BIT.snapshotTable)
    for (const { l1Offset, l1Size } of scan.image.snapshotTable.snapshots)
      spans.add(Number(l1Offset), l1Size * 8);
  if (kinds & (BIT.bitmapDirectory | BIT.bitmapTable)) addBitmaps(scan, cluster, kinds, spans);
  return spans.merged();
}

/** Clusters that spans of bytes touch, as far as the file has them. */
class Spans {
  readonly #clusterSize: number;
  readonly #clusters: number;
  /** First cluster and one behind the last, in turn. */
  readonly #ends: number[] = [];

  constructor({ image, map }: Scan) {
    this.#clusterSize = image.geometry.clusterSize;
    this.#clusters = map.clusters;
  }

  /** Bytes from a host offset on; nothing where the offset is 0, which stands for "none". */
  add(offset: number, length: number): void {
    if (offset > 0 && length > 0)
      this.addClusters(
        Math.floor(offset / this.#clusterSize),
        Math.ceil((offset + length) / this.#clusterSize),
      );
  }

  /** Clusters [from, to). */
  addClusters(from: number, to: number): void {
    const end = Math.min(to, this.#clusters);
    const last = this.#ends.length - 1;
    // Most tables refer to clusters side by side.
    if (this.#ends[last] === from && end > from) this.#ends[last] = end;
    else if (from < end && last < 2 * MAX_SPANS) this.#ends.push(from, end);
  }

  merged(): TableReferences {
    const order = Array.from({ length: this.#ends.length / 2 }, (_, i) => 2 * i);
    order.sort((a, b) => this.#ends[a] - this.#ends[b]);
    const runs: { cluster: HostCluster; clusters: number }[] = [];
    let runCount = 0;
    let clusters = 0;
    let end = -1;
    for (const at of order) {
      const [from, to] = [Math.max(this.#ends[at], end), this.#ends[at + 1]];
      if (to <= end) continue;
      if (from !== end) runCount++;
      if (from !== end && runs.length < MAX_RUNS)
        runs.push({ cluster: hostCluster(from), clusters: 0 });
      if (runs.length === runCount) runs[runCount - 1].clusters += to - from;
      clusters += to - from;
      end = to;
    }
    return { runs, runCount, clusters };
  }
}

function addHeader({ image }: Scan, spans: Spans): void {
  const { l1, refcountTable, snapshotsOffset, snapshotTable, bitmaps, crypto } = image;
  spans.add(l1.offset, l1.length * 8);
  spans.add(refcountTable.offset, refcountTable.length * 8);
  spans.add(snapshotsOffset, snapshotTable.size);
  if (bitmaps) spans.add(bitmaps.offset, bitmaps.size);
  if (crypto) spans.add(Number(crypto.offset), Number(crypto.length));
}

function addL1Tables(scan: Scan, cluster: number, spans: Spans): void {
  const { geometry, l1, snapshotTable } = scan.image;
  const add = (offset: number, entries: number): void => {
    for (const [high, low] of entriesIn(scan, cluster, offset, entries))
      spans.add(maskedOffset(high, low), geometry.clusterSize);
  };
  add(l1.offset, l1.length);
  for (const { l1Offset, l1Size } of snapshotTable.snapshots) add(Number(l1Offset), l1Size);
}

function addL2Tables(scan: Scan, cluster: number, spans: Spans): void {
  const { geometry, source } = scan.image;
  if (geometry.externalData) return;
  const offsets = new Set<number>();
  for (const table of scan.tables.lyingIn(cluster)) {
    offsets.add(scan.tables.offset(table));
    if (offsets.size === MAX_TABLES) break;
  }
  for (const offset of offsets) {
    const view = viewOf(readBytes(source, offset, geometry.clusterSize));
    for (let at = 0; at < geometry.clusterSize; at += geometry.l2EntrySize) {
      const high = view.getUint32(at);
      const low = view.getUint32(at + 4);
      const kind = l2EntryKind(high, low, geometry);
      if (kind === 'compressed') {
        const span = compressedSpan(high, low, geometry);
        spans.add(span.offset, span.length);
      } else if (kind === 'normal' || kind === 'zero-allocated') {
        spans.add(maskedOffset(high, low), geometry.clusterSize);
      }
    }
  }
}

/** A refcount table refers to its blocks; a block to the clusters whose refcounts it holds. */
function addRefcounts(scan: Scan, cluster: number, spans: Spans): void {
  const { geometry, refcountTable } = scan.image;
  const { offset, length } = refcountTable;
  for (const [high, low] of entriesIn(scan, cluster, offset, length))
    spans.add(blockOffset(high, low), geometry.clusterSize);
  for (let index = 0; index < refcountTable.present; index++) {
    const at = blockOffset(refcountTable.high(index), refcountTable.low(index));
    if (at === 0 || at !== cluster * geometry.clusterSize) continue;
    const first = index * geometry.refcountsPerBlock;
    spans.addClusters(first, first + geometry.refcountsPerBlock);
  }
}

function addBitmaps(scan: Scan, cluster: number, kinds: number, spans: Spans): void {
  const { geometry, bitmaps } = scan.image;
  for (const { tableOffset, tableSize } of bitmaps?.bitmaps ?? []) {
    if (kinds & BIT.bitmapDirectory) spans.add(Number(tableOffset), tableSize * 8);
    for (const [high, low] of entriesIn(scan, cluster, Number(tableOffset), tableSize))
      spans.add(maskedOffset(high, low), geometry.clusterSize);
  }
}

/** The entries, as two words, of a table at a host offset that lie in a cluster. */
function* entriesIn(
  { image }: Scan,
  cluster: number,
  offset: number,
  entries: number,
): Generator<readonly [number, number]> {
  const { clusterSize } = image.geometry;
  const start = cluster * clusterSize;
  const first = Math.max(0, Math.ceil((start - offset) / 8));
  const end = Math.min(entries, Math.ceil((start + clusterSize - offset) / 8));
  if (offset <= 0 || first >= end) return;
  const view = viewOf(readBytes(image.source, offset + first * 8, (end - first) * 8));
  for (let at = 0; at < view.byteLength; at += 8)
    yield [view.getUint32(at), view.getUint32(at + 4)];
}
