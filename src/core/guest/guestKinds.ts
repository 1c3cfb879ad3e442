/** What a cluster of the guest's disk is, in one word. */
export const GUEST_KINDS = [
  'unallocated',
  'zero-plain',
  'zero-allocated',
  'normal',
  /** Normal, and a write would copy it: it has no COPIED flag, or a refcount above 1. */
  'shared',
  'compressed',
  /** Its subclusters differ. */
  'partial',
  /** It has a place in the file, but none of its subclusters has data. */
  'preallocated',
  /** QEMU does not use its entry. */
  'damaged',
] as const;

export type GuestKind = (typeof GUEST_KINDS)[number];

/** Number of a kind: its value in a picture. */
export const GUEST = {
  unallocated: 0,
  zeroPlain: 1,
  zeroAllocated: 2,
  normal: 3,
  shared: 4,
  compressed: 5,
  partial: 6,
  preallocated: 7,
  damaged: 8,
} as const;
