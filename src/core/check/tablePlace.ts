import { hexWords } from '../bytes.js';
import { COMPRESSED } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { BIT } from '../map/kinds.js';
import type { Owner, TableOf } from '../map/owner.js';
import { guestOffset, type GuestOffset, hostOffset, type HostOffset } from '../units.js';

/** Where an L2 table hangs, and what QEMU looks at in it. */
export interface L2Place {
  readonly of: TableOf;
  readonly l1Index: number;
  /** Host offset of the table in bytes. */
  readonly offset: HostOffset;
  /** Guest offset of its first cluster in bytes. */
  readonly guestOffset: GuestOffset;
  /** BIT.data, or BIT.vmState behind the disk. */
  readonly kind: number;
  /** The active L1's tables: fragmentation is counted here. */
  readonly active: boolean;
  /** COPIED flags are compared with the stored refcounts here. */
  readonly checkCopied: boolean;
}

/** An L2 entry as an owner of the cluster it points to. */
export function l2EntryOwner(
  geometry: Geometry,
  place: L2Place,
  index: number,
  high: number,
  low: number,
): Owner {
  const compressed = (high & COMPRESSED) !== 0;
  return {
    type: 'l2-entry',
    l1Index: place.l1Index,
    l2Index: index,
    guestOffset: guestOffset(place.guestOffset + index * geometry.clusterSize),
    entryOffset: hostOffset(place.offset + index * geometry.l2EntrySize),
    entry: `0x${hexWords(high, low)}`,
    kind: compressed ? 'compressed' : place.kind === BIT.vmState ? 'vm-state' : 'data',
    readsZero: !compressed && !geometry.extendedL2 && (low & 1) !== 0,
    ...place.of,
  };
}
