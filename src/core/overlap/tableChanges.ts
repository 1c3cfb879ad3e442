import { BIT } from '../map/kinds.js';
import type { TypeSet } from './types.js';
import type { MetadataSink } from './checkEngine.js';

/**
 * What the series tells its structures when the image's tables change: each function is one change.
 * A copied L2 table has none for its old place: the series forgets to remove it after a snapshot,
 * and so do we.
 */

/** A table in host bytes. */
export interface TablePlace {
  readonly offset: number;
  readonly bytes: number;
}

/** One of the tables that lie in a piece: it moves when it grows or is written anew. */
export type MovingTable = 'active-l1' | 'refcount-table' | 'snapshot-table';

const TYPE_OF: Readonly<Record<MovingTable, TypeSet>> = {
  'active-l1': BIT.activeL1,
  'refcount-table': BIT.refcountTable,
  'snapshot-table': BIT.snapshotTable,
};

/** A table now lies elsewhere. `from` is undefined for the first snapshot table, `to` when the last goes. */
export function tableMoved(
  sink: MetadataSink,
  clusterSize: number,
  table: MovingTable,
  from: TablePlace | undefined,
  to: TablePlace | undefined,
): void {
  const type = TYPE_OF[table];
  if (to) sink.enter(to.offset, clustersOf(to, clusterSize), type);
  if (from) sink.remove(from.offset, clustersOf(from, clusterSize), type);
}

/** An active L2 table was allocated. */
export function l2TableAllocated(sink: MetadataSink, offset: number): void {
  sink.enter(offset, 1, BIT.activeL2);
}

/** The active L1 table refers to an L2 table no more, because a snapshot was applied. */
export function l2TableDropped(sink: MetadataSink, offset: number): void {
  sink.remove(offset, 1, BIT.activeL2);
}

export function refcountBlockAllocated(sink: MetadataSink, offset: number): void {
  sink.enter(offset, 1, BIT.refcountBlock);
}

/** A snapshot was made: its L1 table, and the host offsets of the L2 tables it shares. */
export function snapshotCreated(
  sink: MetadataSink,
  clusterSize: number,
  l1: TablePlace,
  l2Offsets: Iterable<number>,
): void {
  sink.enter(l1.offset, clustersOf(l1, clusterSize), BIT.inactiveL1);
  for (const offset of l2Offsets) sink.enter(offset, 1, BIT.inactiveL2);
}

/** An L2 table of a snapshot that is being deleted, and who else refers to it from then on. */
export interface FormerL2Table {
  readonly offset: number;
  readonly refcount: number;
  readonly active: boolean;
}

/**
 * A snapshot that is being deleted gave up its reference to an L2 table, which is inactive no more
 * once no other snapshot has it. What is written to the table after that is not in its own way.
 */
export function inactiveL2Released(
  sink: MetadataSink,
  { offset, refcount, active }: FormerL2Table,
): void {
  if (refcount === 0 || (refcount === 1 && active)) sink.remove(offset, 1, BIT.inactiveL2);
}

/** A snapshot was deleted, and its L1 table freed. */
export function inactiveL1Freed(sink: MetadataSink, clusterSize: number, l1: TablePlace): void {
  sink.remove(l1.offset, clustersOf(l1, clusterSize), BIT.inactiveL1);
}

const clustersOf = (table: TablePlace, clusterSize: number): number =>
  Math.ceil(table.bytes / clusterSize);
