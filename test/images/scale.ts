import { Bytes } from './bigEndian.js';
import { geometryOf } from './geometry.js';
import { encodeHeader, featureNames } from './header.js';
import { HostAllocator } from './hostAllocator.js';
import type { Piece, SparseFile } from './pieces.js';
import { Random } from './random.js';
import { encodeRefcountBlock } from './refcounts.js';
import { encodeSnapshotTable, type SnapshotRow } from './snapshotTable.js';

/** A fully allocated image of any size, of which only the metadata is written. */
export interface ScaleRecipe {
  readonly name: string;
  /** Bytes of the virtual disk, a multiple of what an L2 table maps (512 MiB). */
  readonly virtualSize: number;
  /** Seed that puts the data clusters in random order; without it they lie in guest order. */
  readonly permutation?: number;
  /** Snapshots that share most L2 tables with the active layer. */
  readonly snapshots?: number;
}

const TIB = 2 ** 40;

/** The images of the benchmark. */
export const SCALE_IMAGES = {
  contiguous: { name: 'contiguous-1tib', virtualSize: TIB },
  permuted: { name: 'permuted-1tib', virtualSize: TIB, permutation: 20240229 },
  large: { name: 'contiguous-4tib', virtualSize: 4 * TIB },
  snapshots: { name: 'snapshots-1tib', virtualSize: TIB, snapshots: 20 },
  /** 109 million host clusters. */
  huge: { name: 'contiguous-6.5tib', virtualSize: 6.5 * TIB },
} as const satisfies Record<string, ScaleRecipe>;

const geometry = geometryOf(16, 4, false);
const { clusterSize, l2Entries, blockEntries } = geometry;
const REFCOUNT_TABLE = 1;
/** A snapshot has its own copy of one L2 table in so many, which differs in one entry in so many. */
const OWN_TABLES = 32;
const OWN_ENTRIES = 8;

/** An L2 table's host cluster and the host clusters its entries point at. */
interface Table {
  readonly cluster: number;
  readonly data: Uint32Array;
}

interface SnapshotPlan {
  readonly l1: number;
  readonly tables: readonly Table[];
}

/**
 * The image as a stream of pieces of a cluster or so; a tebibyte takes about 160 MiB of disk. Each
 * L2 table stands in front of the data it maps, as `preallocation=metadata` leaves it.
 */
export function scaleImage(recipe: ScaleRecipe): SparseFile {
  const tableCount = recipe.virtualSize / (l2Entries * clusterSize);
  const l1Clusters = Math.ceil((tableCount * 8) / clusterSize);
  const host = new HostAllocator(geometry, REFCOUNT_TABLE + 1);
  const l1 = host.allocate(l1Clusters);

  const allData = new Uint32Array(tableCount * l2Entries);
  const tables = Array.from({ length: tableCount }, (_, index): Table => {
    const cluster = host.allocate();
    const data = allData.subarray(index * l2Entries, (index + 1) * l2Entries);
    const first = host.allocate(l2Entries);
    for (let i = 0; i < l2Entries; i++) data[i] = first + i;
    return { cluster, data };
  });
  if (recipe.permutation !== undefined) new Random(recipe.permutation).shuffle(allData);

  const random = new Random(tableCount);
  const snapshots = Array.from({ length: recipe.snapshots ?? 0 }, (): SnapshotPlan => {
    const own = tables.map((table) => (random.below(OWN_TABLES) === 0 ? diverge(table) : table));
    return { l1: host.allocate(l1Clusters), tables: own };
  });
  function diverge(table: Table): Table {
    const cluster = host.allocate();
    const phase = random.below(OWN_ENTRIES);
    const data = table.data.map((shared, i) =>
      i % OWN_ENTRIES === phase ? host.allocate() : shared,
    );
    return { cluster, data };
  }

  const rows = snapshots.map((snapshot, index): SnapshotRow => ({
    options: { name: `nightly-${String(index + 1)}` },
    id: String(index + 1),
    l1Offset: snapshot.l1 * clusterSize,
    l1Size: tableCount,
    virtualSize: recipe.virtualSize,
  }));
  const snapshotTable = rows.length > 0 ? host.allocate() : 0;

  function* pieces(): Generator<Piece, void> {
    const counts = countReferences(host.end, tables, snapshots);
    yield {
      offset: 0,
      bytes: encodeHeader({
        version: 3,
        clusterBits: geometry.clusterBits,
        clusterSize,
        virtualSize: recipe.virtualSize,
        cryptMethod: 0,
        l1Size: tableCount,
        l1Offset: l1 * clusterSize,
        refcountTableOffset: REFCOUNT_TABLE * clusterSize,
        refcountTableClusters: 1,
        snapshots: rows.length,
        snapshotsOffset: snapshotTable * clusterSize,
        incompatible: 0,
        compatible: 0,
        autoclear: 0,
        refcountOrder: geometry.refcountOrder,
        compressionType: 0,
        backingName: undefined,
        extensions: [featureNames()],
      }),
    };
    yield { offset: REFCOUNT_TABLE * clusterSize, bytes: pointers(host.blocks) };
    for (const [index, block] of host.blocks.entries()) {
      const part = counts.subarray(index * blockEntries, (index + 1) * blockEntries);
      yield { offset: block * clusterSize, bytes: encodeRefcountBlock(geometry, part) };
    }

    const copied = (cluster: number): boolean => counts[cluster] === 1;
    yield { offset: l1 * clusterSize, bytes: pointers(clustersOf(tables), copied) };
    for (const table of tables) {
      yield { offset: table.cluster * clusterSize, bytes: pointers(table.data, copied) };
    }
    for (const snapshot of snapshots) {
      yield { offset: snapshot.l1 * clusterSize, bytes: pointers(clustersOf(snapshot.tables)) };
      for (const [index, table] of snapshot.tables.entries()) {
        if (table === tables[index]) continue;
        yield { offset: table.cluster * clusterSize, bytes: pointers(table.data) };
      }
    }
    if (rows.length > 0) {
      yield { offset: snapshotTable * clusterSize, bytes: encodeSnapshotTable(rows) };
    }
  }
  return { size: host.end * clusterSize, pieces: { [Symbol.iterator]: pieces } };
}

function clustersOf(tables: readonly Table[]): number[] {
  return tables.map((table) => table.cluster);
}

/** Entries that hold the offsets of these clusters, with COPIED where `copied` says so. */
function pointers(
  clusters: ArrayLike<number>,
  copied: (cluster: number) => boolean = () => false,
): Uint8Array {
  const out = new Bytes(clusters.length * 8);
  const high = geometry.clusterBits;
  for (let i = 0; i < clusters.length; i++) {
    const cluster = clusters[i];
    const flag = copied(cluster) ? 0x80000000 : 0;
    out.u32(i * 8, (flag | (cluster >>> (32 - high))) >>> 0);
    out.u32(i * 8 + 4, (cluster << high) >>> 0);
  }
  return out.bytes;
}

/** References to each host cluster; each walk of an L2 table counts one for what it points at. */
function countReferences(
  clusters: number,
  tables: readonly Table[],
  snapshots: readonly SnapshotPlan[],
): Uint16Array {
  const counts = new Uint16Array(clusters).fill(1);
  for (const snapshot of snapshots) {
    for (const [index, table] of snapshot.tables.entries()) {
      const base = tables[index];
      if (table === base) counts[table.cluster]++;
      for (let i = 0; i < l2Entries; i++) {
        // A cluster of the copy's own has its one reference already.
        if (table.data[i] === base.data[i]) counts[table.data[i]]++;
      }
    }
  }
  return counts;
}
