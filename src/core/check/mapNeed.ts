import { Budget, type BudgetError } from '../map/budget.js';
import { MANY } from '../map/cell.js';
import { emptyMapBytes } from '../map/clusterMap.js';
import type { Geometry } from '../qcow2/geometry.js';
import type { Bitmap } from '../qcow2/bitmapDirectory.js';
import { blockOffset, EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COMPRESSED, compressedSpan } from '../qcow2/l2Entry.js';
import { L2EntryRuns } from '../qcow2/l2EntryRuns.js';
import { L2Tables } from '../qcow2/l2Reader.js';
import { readBitmapTable, tableKey } from '../qcow2/openBitmaps.js';
import { refcountReader } from '../qcow2/refcountEntry.js';
import { ChunkNeed } from './chunkNeed.js';
import { isScattered } from './l2Count.js';
import { OffsetNumbers } from './offsetNumbers.js';
import { MANY_BYTES } from './references.js';
import { tablesPutAside } from './scatteredTables.js';
import { indexBytes } from './tableIndex.js';

const MIB = 2 ** 20;
/** Offsets of tables are multiples of it. */
const UNIT = 512;
/** Of what a scan takes, in MiB, what is not kept of the image: code, buffers, findings, garbage. */
export const BESIDE = 64;

/**
 * About how many MiB a scan would take above an idle Node. Throws on I/O errors.
 *
 * @param refused why a scan in less memory came to an end
 */
export const mebibytesNeeded = (image: MappableImage, refused: BudgetError): number =>
  Math.ceil((memoryNeeded(image) + refused.expected) / MIB) + BESIDE;

/** What is kept of any image: a map, and one more for the marks of a diagnosis, of clusters alike. */
export const baseBytes = ({ hostClusters }: Geometry): number => 2 * emptyMapBytes(hostClusters);

/** How many bytes a scan would keep of an image, at most. Throws on I/O errors. */
export function memoryNeeded(image: MappableImage): number {
  const need = new ScanNeed(image);
  need.structures();
  need.refcounts();
  need.tables();
  return need.bytes();
}

/** What a scan would keep, found out with the borders between unlike clusters. */
class ScanNeed {
  readonly #image: MappableImage;
  readonly #chunks: ChunkNeed;
  readonly #runs: L2EntryRuns;
  readonly #l2Tables: L2Tables;
  /** L2 tables by the unit they lie in. */
  readonly #numbers = new OffsetNumbers(new Budget(Infinity));
  /** By table: its entries in use, and how often it is counted. */
  readonly #used: number[] = [];
  readonly #times: number[] = [];
  #l1Entries = 0;
  #putAside = 0;

  constructor(image: MappableImage) {
    this.#image = image;
    this.#chunks = new ChunkNeed(image.geometry.hostClusters);
    this.#runs = new L2EntryRuns(image.geometry);
    this.#l2Tables = new L2Tables(image);
  }

  bytes(): number {
    let many = 0;
    for (const [table, times] of this.#times.entries())
      if (times >= MANY) many += this.#used[table] + 1;
    return (
      baseBytes(this.#image.geometry) +
      this.#chunks.bytes() +
      indexBytes(this.#l1Entries, this.#times.length) +
      Math.min(many, this.#image.geometry.hostClusters) * MANY_BYTES
    );
  }

  #put(offset: number, length: number): void {
    const { clusterSize, fileSize } = this.#image.geometry;
    if (length <= 0 || offset >= fileSize) return;
    this.#chunks.put(Math.floor(offset / clusterSize), Math.ceil((offset + length) / clusterSize));
  }

  /** Header and tables of which there are few. */
  structures(): void {
    const { geometry, l1, refcountTable, snapshotsOffset, snapshotTable, bitmaps, crypto } =
      this.#image;
    this.#put(0, geometry.clusterSize);
    this.#put(l1.offset, l1.length * 8);
    this.#put(refcountTable.offset, refcountTable.length * 8);
    this.#put(snapshotsOffset, snapshotTable.size);
    if (crypto) this.#put(Number(crypto.offset), Number(crypto.length));
    if (!bitmaps) return;
    this.#put(bitmaps.offset, bitmaps.size);
    const tables = new Set<string>();
    for (const bitmap of bitmaps.bitmaps)
      if (tables.size < tables.add(tableKey(bitmap)).size) this.#bitmap(bitmap);
  }

  #bitmap(bitmap: Bitmap): void {
    const table = readBitmapTable(this.#image.source, bitmap);
    this.#put(table.offset, table.length * 8);
    for (let index = 0; index < table.present; index++) {
      const offset = maskedOffset(table.high(index), table.low(index));
      if (offset !== 0) this.#put(offset, this.#image.geometry.clusterSize);
    }
  }

  /** The refcount blocks, and where refcounts change. */
  refcounts(): void {
    const { source, geometry, refcountTable } = this.#image;
    const { clusterSize, refcountBits, refcountsPerBlock, fileSize } = geometry;
    const bytes = new Uint8Array(clusterSize);
    const refcount = refcountReader(bytes, refcountBits);
    for (let index = 0; index < refcountTable.present; index++) {
      const offset = blockOffset(refcountTable.high(index), refcountTable.low(index));
      if (offset === 0 || offset >= fileSize) continue;
      this.#put(offset, clusterSize);
      source.readInto(bytes, offset);
      const first = index * refcountsPerBlock;
      // A block ends within a chunk if it counts fewer clusters than a chunk has.
      this.#chunks.put(first, first + refcountsPerBlock);
      for (let entry = 1; entry < refcountsPerBlock; entry++)
        if (refcount(entry) !== refcount(entry - 1)) this.#chunks.border(first + entry);
    }
  }

  /** All L1 tables and what hangs below them. */
  tables(): void {
    const { source, l1, snapshotTable } = this.#image;
    const snapshots = new Map<string, { offset: bigint; size: number; times: number }>();
    for (const { l1Offset, l1Size, diskSize } of snapshotTable.snapshots) {
      const key = `${l1Offset} ${l1Size} ${diskSize}`;
      const known = snapshots.get(key);
      if (known) known.times++;
      else snapshots.set(key, { offset: l1Offset, size: l1Size, times: 1 });
    }
    this.#l1(l1, 1);
    for (const { offset, size, times } of snapshots.values()) {
      this.#put(Number(offset), size * 8);
      this.#l1(EntryTable.read(source, offset, size), times);
    }
  }

  #l1(l1: EntryTable, times: number): void {
    const { fileSize, clusterSize } = this.#image.geometry;
    this.#l1Entries += l1.present;
    for (let index = 0; index < l1.present; index++) {
      const offset = maskedOffset(l1.high(index), l1.low(index));
      if (offset === 0 || offset >= fileSize) continue;
      const known = this.#numbers.get(offset / UNIT);
      if (known >= 0) {
        this.#times[known] += times;
        continue;
      }
      this.#numbers.add(offset / UNIT, this.#times.length);
      this.#times.push(times);
      this.#put(offset, clusterSize);
      this.#used.push(this.#l2(this.#l2Tables.read(l1, index, offset)));
    }
  }

  /** An L2 table; how many of its entries refer to something. */
  #l2(view: DataView): number {
    const { geometry } = this.#image;
    const { clusterSize, l2Entries, fileSize, externalData } = geometry;
    if (externalData) return 0;
    const runs = this.#runs;
    runs.decode(view, l2Entries);
    const aside = isScattered(view, geometry) && tablesPutAside(geometry) > 0;
    let used = 0;
    for (let run = 0; run < runs.count; run++) {
      const [high, low] = [runs.highs[run], runs.lows[run]];
      const span =
        (high & COMPRESSED) !== 0
          ? compressedSpan(high, low, geometry)
          : { offset: maskedOffset(high, low), length: runs.lengths[run] * clusterSize };
      if (span.offset === 0 || span.offset >= fileSize) continue;
      used += runs.lengths[run];
      this.#put(span.offset, span.length);
      const cluster = Math.floor(span.offset / clusterSize);
      for (let i = 0; aside && i < runs.lengths[run]; i++) this.#chunks.single(cluster + i);
    }
    if (aside && ++this.#putAside % tablesPutAside(geometry) === 0) this.#chunks.endBatch();
    return used;
  }
}
