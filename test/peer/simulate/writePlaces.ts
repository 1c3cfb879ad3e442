import type { Base } from '../bases.js';
import { survey, type Survey, type Table } from '../survey.js';

/** Where a healthy image can be written to in interesting ways, and where damage makes writes go wrong. */
export interface WritePlaces extends Survey {
  readonly version: number;
  /** Bytes. */
  readonly virtualSize: number;
  readonly guestClusters: number;
  readonly l2EntrySize: number;
  readonly l2Entries: number;
  /** Guest clusters whose active L2 entry is not 0. */
  readonly mapped: readonly number[];
  readonly refcountBits: number;
}

export function writePlaces(base: Base): WritePlaces {
  const places = survey(base.file);
  const number = (offset: number, length: number): number => Number(places.read(offset, length));
  const { clusterSize } = places;
  const version = number(4, 4);
  const virtualSize = number(24, 8);
  const l2EntrySize = version === 3 && (number(72, 8) & 16) !== 0 ? 16 : 8;
  const l2Entries = clusterSize / l2EntrySize;
  return {
    ...places,
    version,
    virtualSize,
    guestClusters: Math.ceil(virtualSize / clusterSize),
    l2EntrySize,
    l2Entries,
    mapped: mappedClusters(places, l2Entries, l2EntrySize / 8),
    refcountBits: version === 3 ? 2 ** number(96, 4) : 16,
  };
}

/** Host offset of the byte that holds a cluster's refcount, or its lowest bits; undefined without a block. */
export function refcountOffset(places: WritePlaces, hostCluster: number): number | undefined {
  const perBlock = (places.clusterSize * 8) / places.refcountBits;
  const block = places.refcountBlocks[Math.floor(hostCluster / perBlock)];
  if (block === undefined) return undefined;
  return block.offset + Math.floor(((hostCluster % perBlock) * places.refcountBits) / 8);
}

function mappedClusters(places: Survey, l2Entries: number, words: number): number[] {
  const active = places.tables.filter((table) => table.kind === 'l1');
  return active.flatMap((l1) =>
    l1.used.flatMap((index) => {
      const l2 = tableAt(places, places.read(l1.offset + index * 8, 8));
      return (l2?.used ?? [])
        .filter((word) => word % words === 0)
        .map((word) => index * l2Entries + word / words);
    }),
  );
}

function tableAt(places: Survey, entry: bigint): Table | undefined {
  const offset = Number(entry & 0x00fffffffffffe00n);
  return places.tables.find((table) => table.offset === offset && table.kind !== 'l1');
}
