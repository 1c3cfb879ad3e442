import type { Owner } from '../map/owner.js';
import type { CheckFailure } from '../qcow2/problem.js';
import { clusterOf, type HostCluster, type HostOffset, type Plain } from '../units.js';

/** Why QEMU's check stops in the midst of its reference count. The scan itself goes on. */
export interface ScanFailure extends CheckFailure {
  /** Findings that QEMU has told by then. */
  readonly after: number;
}

/**
 * - `error`: the check itself could not be carried out there (QEMU's check_errors)
 * - `corruption`, `leak`: as QEMU counts them
 * - `notice`: what qemu-img cannot see; outside its totals
 */
export const SEVERITIES = ['error', 'corruption', 'leak', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type FindingCode =
  | 'l1-reserved-bits'
  | 'l1-unaligned'
  | 'l2-reserved-bits'
  | 'l2-unaligned'
  | 'l2-preallocated-unaligned'
  | 'compressed-copied'
  | 'compressed-with-data-file'
  | 'compressed-with-subclusters'
  | 'subclusters-contradict'
  | 'subclusters-unallocated'
  | 'past-end'
  | 'refcount-overflow'
  | 'snapshots-with-data-file'
  | 'snapshot-l1-unaligned'
  | 'snapshot-l1-too-large'
  | 'snapshot-incomplete'
  | 'snapshot-table-unreadable'
  | 'bitmap-directory-unreadable'
  | 'bitmap-table-invalid'
  | 'refcount-table-reserved-bits'
  | 'refcount-block-unaligned'
  | 'refcount-block-outside'
  | 'refcount-block-references'
  | 'refcount-unreadable'
  | 'refcount-too-low'
  | 'leak'
  | 'copied-l2-table'
  | 'copied-data'
  | 'refcount-past-end'
  | 'unguarded-overlap'
  | 'not-a-table'
  | 'lost-l2-table'
  | 'bitmap-in-use'
  | 'repair-deletes-snapshots';

/** One thing that is wrong, as data. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** Host offset in bytes of what is wrong: the cluster concerned, or the entry at fault. */
  readonly offset: HostOffset;
  /** Host cluster concerned. */
  readonly cluster: HostCluster;
  /** In QEMU's words; empty where QEMU counts a corruption without a message. */
  readonly message: string;
  /** Who refers to it from where, when the finding itself knows. */
  readonly owner: Owner | undefined;
}

/** A finding as those who count make it, of plain numbers: FindingList says what they are. */
export interface RawFinding extends Omit<Finding, 'offset' | 'cluster'> {
  readonly offset: Plain | HostOffset;
  readonly cluster: Plain | HostCluster;
}

/** The same finding, its numbers being what they are said to be. */
export function madeFinding(raw: RawFinding): Finding;
export function madeFinding(raw: RawFinding): RawFinding {
  return raw;
}

/** The cluster concerned, or else that of the entry which points past the end of the file. */
export function placeToShow(
  { cluster, owner }: Finding,
  { hostClusters, clusterBits }: { readonly hostClusters: number; readonly clusterBits: number },
): HostCluster {
  if (cluster < hostClusters || !owner || !('entryOffset' in owner)) return cluster;
  return clusterOf(owner.entryOffset, { clusterSize: 2 ** clusterBits });
}
