import { blockOffset, EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COMPRESSED, compressedSpan } from '../qcow2/l2Entry.js';
import { CHUNK, emptyMapBytes, SLAB, slabBytes } from '../map/clusterMap.js';
import { L2EntryRuns } from '../qcow2/l2EntryRuns.js';
import { L2Tables } from '../qcow2/l2Reader.js';

/** Bytes of what is kept of an L1 entry and the table that it points to, at most. */
const POINTER_BYTES = 96;

const MIB = 2 ** 20;
/** Of what a scan takes, in MiB, what is not kept of the image: code, buffers, findings, garbage. */
export const BESIDE = 96;

/** About how many MiB a scan would take above an idle Node. Throws on I/O errors. */
export const mebibytesNeeded = (image: MappableImage): number =>
  Math.ceil(memoryNeeded(image) / MIB) + BESIDE;

/**
 * About how many bytes a scan would keep of an image, found out with a bit for each chunk of the
 * map. Throws on I/O errors.
 */
export function memoryNeeded(image: MappableImage): number {
  const chunks = new Chunks(image);
  addRefcounts(image, chunks);
  const runs = new L2EntryRuns(image.geometry);
  const tables = new L2Tables(image);
  let pointers = addTables(image, image.l1, tables, runs, chunks);
  const walked = new Set<string>();
  for (const { l1Offset, l1Size } of image.snapshotTable.snapshots) {
    const key = `${l1Offset} ${l1Size}`;
    if (walked.has(key)) continue;
    walked.add(key);
    const l1 = EntryTable.read(image.source, l1Offset, l1Size);
    pointers += addTables(image, l1, tables, runs, chunks);
  }
  return chunks.mapBytes() + pointers * POINTER_BYTES;
}

/** Chunks of the map whose clusters are not all alike. */
class Chunks {
  readonly #clusterSize: number;
  readonly #clusters: number;
  readonly #bits: Uint8Array;

  constructor({ geometry }: MappableImage) {
    this.#clusterSize = geometry.clusterSize;
    this.#clusters = geometry.hostClusters;
    this.#bits = new Uint8Array(Math.ceil((geometry.hostClusters + 1) / CHUNK / 8));
  }

  mark(chunk: number): void {
    if (chunk * CHUNK <= this.#clusters) this.#bits[chunk >>> 3] |= 1 << (chunk & 7);
  }

  /** Something lies there; the chunks that it fills are alike. */
  bytes(offset: number, length: number): void {
    const from = Math.floor(offset / this.#clusterSize);
    const to = Math.ceil((offset + length) / this.#clusterSize);
    if (from % CHUNK !== 0 || to - from < CHUNK) this.mark(Math.floor(from / CHUNK));
    if (to % CHUNK !== 0) this.mark(Math.floor((to - 1) / CHUNK));
  }

  mapBytes(): number {
    let bytes = emptyMapBytes(this.#clusters);
    const step = SLAB / CHUNK / 8;
    for (let slab = 0; slab < this.#bits.length; slab += step) {
      let chunks = 0;
      for (let eight of this.#bits.subarray(slab, slab + step))
        for (; eight !== 0; eight &= eight - 1) chunks++;
      bytes += slabBytes(chunks);
    }
    return bytes;
  }
}

/** The refcount blocks, and refcounts that change within a chunk. */
function addRefcounts({ source, geometry, refcountTable }: MappableImage, chunks: Chunks): void {
  const { clusterSize, refcountBits, refcountsPerBlock, fileSize } = geometry;
  const bytes = new Uint8Array(clusterSize);
  const step = Math.max(1, refcountBits / 8);
  const perChunk = Math.min(clusterSize, (CHUNK * refcountBits) / 8);
  for (let index = 0; index < refcountTable.present; index++) {
    const offset = blockOffset(refcountTable.high(index), refcountTable.low(index));
    if (offset === 0 || offset >= fileSize) continue;
    chunks.bytes(offset, clusterSize);
    source.readInto(bytes, offset);
    for (let at = 0; at < clusterSize; at += perChunk) {
      let i = at + step;
      while (i < at + perChunk && bytes[i] === bytes[i - step]) i++;
      const cluster = index * refcountsPerBlock + (at * 8) / refcountBits;
      if (i < at + perChunk) chunks.mark(Math.floor(cluster / CHUNK));
    }
  }
}

/** What hangs below an L1 table; the result is how many of its entries are not 0. */
function addTables(
  { geometry }: MappableImage,
  l1: EntryTable,
  tables: L2Tables,
  runs: L2EntryRuns,
  chunks: Chunks,
): number {
  const { clusterSize, fileSize, l2Entries } = geometry;
  let pointers = 0;
  let before = -1;
  for (let index = 0; index < l1.present; index++) {
    const offset = maskedOffset(l1.high(index), l1.low(index));
    if (offset === 0) continue;
    pointers++;
    if (offset === before || offset >= fileSize) continue;
    before = offset;
    chunks.bytes(offset, clusterSize);
    runs.decode(tables.read(l1, index, offset), l2Entries);
    for (let run = 0; run < runs.count && !geometry.externalData; run++) {
      const [high, low] = [runs.highs[run], runs.lows[run]];
      const span =
        (high & COMPRESSED) !== 0
          ? compressedSpan(high, low, geometry)
          : { offset: maskedOffset(high, low), length: runs.lengths[run] * clusterSize };
      if (span.offset !== 0 && span.offset < fileSize) chunks.bytes(span.offset, span.length);
    }
  }
  return pointers;
}
