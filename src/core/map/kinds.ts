/** What QEMU's overlap checks guard, in the order of their bits (`overlap-check.<type>`). */
export const GUARDED = [
  'main-header',
  'active-l1',
  'active-l2',
  'refcount-table',
  'refcount-block',
  'snapshot-table',
  'inactive-l1',
  'inactive-l2',
  'bitmap-directory',
] as const;

/** What a host cluster can hold. Nobody guards those behind the first. */
export const KINDS = [
  ...GUARDED,
  'data',
  'compressed',
  'bitmap-table',
  'bitmap-data',
  'crypto-header',
  'vm-state',
] as const;

export type Kind = (typeof KINDS)[number];

/** A kind, or what a cluster is that nothing refers to. */
export type KindName = Kind | 'unallocated';

/** The one name that each kind has for people, everywhere. */
export const KIND_TEXT: Readonly<Record<KindName, string>> = {
  'main-header': 'header',
  'active-l1': 'active L1',
  'active-l2': 'active L2',
  'refcount-table': 'refcount table',
  'refcount-block': 'refcount block',
  'snapshot-table': 'snapshot table',
  'inactive-l1': 'inactive L1',
  'inactive-l2': 'inactive L2',
  'bitmap-directory': 'bitmap directory',
  data: 'data',
  compressed: 'compressed',
  'bitmap-table': 'bitmap table',
  'bitmap-data': 'bitmap data',
  'crypto-header': 'LUKS header',
  'vm-state': 'VM state',
  unallocated: 'unallocated',
};

/** Bit of each kind in a cell's set of kinds. */
export const BIT = {
  mainHeader: 1 << 0,
  activeL1: 1 << 1,
  activeL2: 1 << 2,
  refcountTable: 1 << 3,
  refcountBlock: 1 << 4,
  snapshotTable: 1 << 5,
  inactiveL1: 1 << 6,
  inactiveL2: 1 << 7,
  bitmapDirectory: 1 << 8,
  data: 1 << 9,
  compressed: 1 << 10,
  bitmapTable: 1 << 11,
  bitmapData: 1 << 12,
  cryptoHeader: 1 << 13,
  vmState: 1 << 14,
} as const;

/** An L1 table, an L2 table: the active disk's or a snapshot's. */
export const ANY_L1 = BIT.activeL1 | BIT.inactiveL1;
export const ANY_L2 = BIT.activeL2 | BIT.inactiveL2;

/** All that the overlap checks guard. */
export const ANY_GUARDED = (1 << GUARDED.length) - 1;

/** Kinds that are data of the guest. All others are the image's metadata. */
export const GUEST_DATA = BIT.data | BIT.compressed | BIT.vmState;

/** The kinds whose bits are set, in bit order. */
export const kindsIn = (set: number): Kind[] => KINDS.filter((_, bit) => (set >>> bit) & 1);

/** The same; `['unallocated']` for an empty set. */
export function kindNames(set: number): KindName[] {
  const names: KindName[] = kindsIn(set);
  return names.length > 0 ? names : ['unallocated'];
}

/** The same value for each. */
export const perKind = <T>(value: T): Record<KindName, T> => ({
  'main-header': value,
  'active-l1': value,
  'active-l2': value,
  'refcount-table': value,
  'refcount-block': value,
  'snapshot-table': value,
  'inactive-l1': value,
  'inactive-l2': value,
  'bitmap-directory': value,
  data: value,
  compressed: value,
  'bitmap-table': value,
  'bitmap-data': value,
  'crypto-header': value,
  'vm-state': value,
  unallocated: value,
});
