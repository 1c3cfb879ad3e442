/**
 * Places and lengths that must not be taken for each other: numbers at run time, types of their own
 * for the compiler. They stand at the doors of rooms, in questions, answers and what is shown; loops
 * within go by plain numbers, which is also what arithmetic makes of them.
 */
declare const UNIT: unique symbol;

type Unit<Name extends string> = number & { readonly [UNIT]: Name };

/** Bytes from the start of the file. */
export type HostOffset = Unit<'host offset'>;
/** Bytes from the start of the disk that the guest sees. */
export type GuestOffset = Unit<'guest offset'>;
/** Number of a cluster of the file. */
export type HostCluster = Unit<'host cluster'>;
/** Number of a cluster of the guest's disk. */
export type GuestCluster = Unit<'guest cluster'>;
/** A length. */
export type Bytes = Unit<'bytes'>;

/** A number of which nobody has said yet what it counts. */
export type Plain = number & { readonly [UNIT]?: never };

// An implementation may tell less than its signature: that is what makes a unit of a number.

export function hostOffset(plain: Plain): HostOffset;
export function hostOffset(plain: number): number {
  return plain;
}

export function guestOffset(plain: Plain): GuestOffset;
export function guestOffset(plain: number): number {
  return plain;
}

export function hostCluster(plain: Plain): HostCluster;
export function hostCluster(plain: number): number {
  return plain;
}

export function guestCluster(plain: Plain): GuestCluster;
export function guestCluster(plain: number): number {
  return plain;
}

export function bytes(plain: Plain): Bytes;
export function bytes(plain: number): number {
  return plain;
}

/** The same where there may be none. */
export const ifKnown = <T>(plain: Plain | undefined, made: (plain: Plain) => T): T | undefined =>
  plain === undefined ? undefined : made(plain);

/** What is made of clusters: an image's geometry, or what else knows their size. */
interface OfClusters {
  readonly clusterSize: number;
}

/** The cluster that an offset lies in. */
export function clusterOf(offset: HostOffset, sizes: OfClusters): HostCluster;
export function clusterOf(offset: GuestOffset, sizes: OfClusters): GuestCluster;
export function clusterOf(offset: number, { clusterSize }: OfClusters): number {
  return Math.floor(offset / clusterSize);
}

/** Where a cluster starts. */
export function offsetOf(cluster: HostCluster, sizes: OfClusters): HostOffset;
export function offsetOf(cluster: GuestCluster, sizes: OfClusters): GuestOffset;
export function offsetOf(cluster: number, { clusterSize }: OfClusters): number {
  return cluster * clusterSize;
}
