import { Bytes, roundUp } from './bigEndian.js';
import { bitmapParts, encodeDirectoryEntry } from './bitmaps.js';
import { COPIED, encodeL2Entry, type GuestCluster } from './guestCluster.js';
import { EXTENSION, encodeHeader, featureNames, textExtension, type Extension } from './header.js';
import type { ImageBuilder, L1Table, L2Table } from './imageBuilder.js';
import type { Piece, SparseFile } from './pieces.js';
import { Random } from './random.js';
import { encodeRefcountBlock } from './refcounts.js';
import { encodeSnapshotTable } from './snapshotTable.js';

/** A finished image, and where its parts lie (offsets in bytes). */
export interface BuiltImage extends SparseFile {
  readonly clusterSize: number;
  readonly places: {
    readonly l1: number;
    readonly refcountTable: number;
    readonly refcountBlocks: readonly number[];
    readonly snapshotTable: number | undefined;
    readonly snapshotL1s: readonly number[];
    readonly bitmapDirectory: number | undefined;
    readonly bitmapTables: readonly number[];
  };
  /** Offset of the active L2 entry of a guest cluster, which must have an L2 table. */
  entryOffset(guestCluster: number): number;
  /** Offset of that table, and of the data of a guest cluster that has some. */
  l2Offset(guestCluster: number): number;
  dataOffset(guestCluster: number): number;
}

/** Lays the image out in bytes: tables, refcounts, COPIED flags, header. Uses the builder up. */
export function layOut(image: ImageBuilder): BuiltImage {
  const { geometry, host, options } = image;
  const { clusterSize } = geometry;
  const pieces: Piece[] = [...image.data];
  const counts: number[] = [];
  const count = (offset: number, length: number): void => {
    if (length === 0) return;
    const last = Math.floor((offset + length - 1) / clusterSize);
    for (let i = Math.floor(offset / clusterSize); i <= last; i++) counts[i] = (counts[i] ?? 0) + 1;
  };
  /** Puts metadata into clusters of its own; the offset it got. */
  const place = (bytes: Uint8Array): number => {
    const offset = host.allocate(Math.ceil(bytes.length / clusterSize)) * clusterSize;
    pieces.push({ offset, bytes });
    count(offset, bytes.length);
    return offset;
  };

  const snapshotTable =
    image.snapshots.length === 0
      ? undefined
      : place(
          encodeSnapshotTable(
            image.snapshots.map((snapshot, index) => ({
              options: snapshot.options,
              id: snapshot.options.id ?? String(index + 1),
              l1Offset: snapshot.l1.cluster * clusterSize,
              l1Size: snapshot.l1.tables.length,
              virtualSize: options.virtualSize,
            })),
          ),
        );
  const bitmaps = placeBitmaps(image, place);

  const crypto = image.cryptoCluster;
  if (crypto !== undefined) {
    const length = options.cryptoHeader ?? 0;
    pieces.push({ offset: crypto * clusterSize, bytes: new Random(length).bytes(592) });
    count(crypto * clusterSize, length);
  }
  count(0, clusterSize);
  for (const cluster of image.leaks) count(cluster * clusterSize, 1);
  for (const l1 of [image.active, ...image.snapshots.map((snapshot) => snapshot.l1)]) {
    countL1(l1);
  }

  function countL1(l1: L1Table): void {
    count(l1.cluster * clusterSize, l1.tables.length * 8);
    for (const table of l1.tables) {
      if (table === undefined) continue;
      count(table.cluster * clusterSize, clusterSize);
      for (const entry of table.entries.values()) {
        if (entry.type === 'compressed') count(entry.offset, entry.length);
        else if (entry.type !== 'zero-plain' && options.dataFile === undefined) {
          count(entry.offset, clusterSize);
        }
      }
    }
  }

  const refcountTable = placeRefcountTable(image);
  count(refcountTable.offset, refcountTable.clusters * clusterSize);
  for (const block of host.blocks) count(block * clusterSize, clusterSize);
  const table = new Bytes(refcountTable.clusters * clusterSize);
  host.blocks.forEach((block, index) => {
    table.u64(index * 8, block * clusterSize);
    const first = index * geometry.blockEntries;
    const part = Array.from(counts.slice(first, first + geometry.blockEntries), (n) => n ?? 0);
    pieces.push({ offset: block * clusterSize, bytes: encodeRefcountBlock(geometry, part) });
  });
  pieces.push({ offset: refcountTable.offset, bytes: table.bytes });

  const isCopied = (offset: number): boolean => counts[Math.floor(offset / clusterSize)] === 1;
  const encodeL2 = (l2: L2Table, isActive: boolean): Uint8Array => {
    const out = new Bytes(clusterSize);
    for (const [index, entry] of l2.entries) {
      const copied = isActive && hasCopiedFlag(entry);
      const [descriptor, bitmap] = encodeL2Entry(geometry, entry, copied);
      out.u64(index * geometry.l2EntrySize, descriptor);
      if (geometry.extendedL2) out.u64(index * geometry.l2EntrySize + 8, bitmap);
    }
    return out.bytes;
  };
  function hasCopiedFlag(entry: GuestCluster): boolean {
    if (entry.type === 'compressed' || entry.type === 'zero-plain') return false;
    return options.dataFile !== undefined || isCopied(entry.offset);
  }

  const written = new Set<L2Table>();
  const writeL1 = (l1: L1Table, isActive: boolean): void => {
    const out = new Bytes(l1.tables.length * 8);
    l1.tables.forEach((l2, index) => {
      if (l2 === undefined) return;
      const offset = l2.cluster * clusterSize;
      out.u64(index * 8, BigInt(offset) | (isActive && isCopied(offset) ? COPIED : 0n));
      if (written.has(l2)) return;
      written.add(l2);
      pieces.push({ offset, bytes: encodeL2(l2, isActive) });
    });
    pieces.push({ offset: l1.cluster * clusterSize, bytes: out.bytes });
  };
  writeL1(image.active, true);
  for (const snapshot of image.snapshots) writeL1(snapshot.l1, false);

  const header = encodeHeader({
    version: options.version ?? 3,
    clusterBits: geometry.clusterBits,
    clusterSize,
    virtualSize: options.virtualSize,
    cryptMethod: crypto === undefined ? 0 : 2,
    l1Size: image.active.tables.length,
    l1Offset: image.active.cluster * clusterSize,
    refcountTableOffset: refcountTable.offset,
    refcountTableClusters: refcountTable.clusters,
    snapshots: image.snapshots.length,
    snapshotsOffset: snapshotTable ?? 0,
    incompatible: incompatibleFeatures(image),
    compatible: options.lazyRefcounts === true ? 1 : 0,
    autoclear: (bitmaps === undefined ? 0 : 1) | (options.dataFile?.raw === true ? 2 : 0),
    refcountOrder: geometry.refcountOrder,
    compressionType: options.compression === 'zstd' ? 1 : 0,
    backingName: options.backing?.name,
    extensions: extensions(image, bitmaps),
  });
  pieces.push({ offset: 0, bytes: header });

  const l2Of = (guestCluster: number) => {
    const l2 = image.active.tables[image.l1Index(guestCluster)];
    if (l2 === undefined) throw new Error(`guest cluster ${guestCluster} has no L2 table`);
    return l2;
  };
  return {
    size: host.end * clusterSize,
    pieces,
    clusterSize,
    places: {
      l1: image.active.cluster * clusterSize,
      refcountTable: refcountTable.offset,
      refcountBlocks: host.blocks.map((block) => block * clusterSize),
      snapshotTable,
      snapshotL1s: image.snapshots.map((snapshot) => snapshot.l1.cluster * clusterSize),
      bitmapDirectory: bitmaps?.directory,
      bitmapTables: bitmaps?.tables ?? [],
    },
    entryOffset(guestCluster) {
      const index = guestCluster % geometry.l2Entries;
      return l2Of(guestCluster).cluster * clusterSize + index * geometry.l2EntrySize;
    },
    l2Offset: (guestCluster) => l2Of(guestCluster).cluster * clusterSize,
    dataOffset(guestCluster) {
      const entry = l2Of(guestCluster).entries.get(guestCluster % geometry.l2Entries);
      if (entry === undefined || entry.type === 'zero-plain')
        throw new Error(`guest cluster ${guestCluster} has no data`);
      return entry.offset;
    },
  };
}

interface PlacedBitmaps {
  readonly directory: number;
  readonly directorySize: number;
  readonly tables: readonly number[];
}

function placeBitmaps(
  image: ImageBuilder,
  place: (bytes: Uint8Array) => number,
): PlacedBitmaps | undefined {
  if (image.bitmaps.length === 0) return undefined;
  const tables: number[] = [];
  const entries = image.bitmaps.map((bitmap) => {
    const parts = bitmapParts(image.geometry, image.options.virtualSize, bitmap);
    const table = new Bytes(parts.length * 8);
    parts.forEach((part, index) => {
      if (part === 'ones') table.u64(index * 8, 1);
      else if (part !== 'zeros') {
        const whole = new Uint8Array(image.geometry.clusterSize);
        whole.set(part);
        table.u64(index * 8, place(whole));
      }
    });
    const offset = place(table.bytes);
    tables.push(offset);
    return encodeDirectoryEntry(bitmap, offset, parts.length);
  });
  const directory = Buffer.concat(entries);
  return { directory: place(directory), directorySize: directory.length, tables };
}

/** The table stays in cluster 1 while one cluster holds all blocks; else it moves to the end. */
function placeRefcountTable(image: ImageBuilder): { offset: number; clusters: number } {
  const { clusterSize } = image.geometry;
  const perCluster = clusterSize / 8;
  if (image.host.blocks.length <= perCluster) return { offset: clusterSize, clusters: 1 };
  let clusters = Math.ceil(image.host.blocks.length / perCluster);
  // Placing the table may need another block, which may need a larger table.
  clusters = roundUp(clusters + 1, 2);
  const offset = image.host.allocate(clusters) * clusterSize;
  return { offset, clusters };
}

function incompatibleFeatures(image: ImageBuilder): number {
  const { dirty, corrupt, dataFile, compression, extendedL2 } = image.options;
  const bits = [dirty, corrupt, dataFile !== undefined, compression === 'zstd', extendedL2];
  return bits.reduce((set, isOn, bit) => set | (isOn === true ? 1 << bit : 0), 0);
}

function extensions(image: ImageBuilder, bitmaps: PlacedBitmaps | undefined): Extension[] {
  const { options, geometry } = image;
  const list: Extension[] = [];
  if (options.backing !== undefined) {
    list.push(textExtension(EXTENSION.backingFormat, options.backing.format));
  }
  if (options.dataFile !== undefined) {
    list.push(textExtension(EXTENSION.dataFile, options.dataFile.name));
  }
  if (image.cryptoCluster !== undefined) {
    const data = new Bytes(16);
    data.u64(0, image.cryptoCluster * geometry.clusterSize).u64(8, options.cryptoHeader ?? 0);
    list.push({ type: EXTENSION.crypto, data: data.bytes });
  }
  const fits = geometry.clusterSize >= 1024;
  if (options.version !== 2 && (options.featureNames ?? fits)) list.push(featureNames());
  if (bitmaps !== undefined) {
    const data = new Bytes(24);
    data.u32(0, image.bitmaps.length).u64(8, bitmaps.directorySize).u64(16, bitmaps.directory);
    list.push({ type: EXTENSION.bitmaps, data: data.bytes });
  }
  return list;
}
