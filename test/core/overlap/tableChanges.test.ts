import { describe, expect, it } from 'vitest';
import { BIT } from '../../../src/core/map/kinds.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import { OperationList } from '../../../src/core/overlap/operationList.js';
import * as changes from '../../../src/core/overlap/tableChanges.js';

const CLUSTER = 65536;

function recorded(change: (sink: OperationList) => void): Operation[] {
  const list = new OperationList();
  change(list);
  return Array.from({ length: list.length }, (_, index) => list.at(index));
}

const operation = (type: 'enter' | 'remove', cluster: number, clusters: number, types: number) => ({
  type,
  offset: cluster * CLUSTER,
  clusters,
  types,
});

describe('a change of tables', () => {
  it('enters the new place of a table that grows, and removes the old one', () => {
    const from = { offset: 3 * CLUSTER, bytes: CLUSTER };
    const to = { offset: 9 * CLUSTER, bytes: CLUSTER + 8 };
    expect(
      recorded((sink) => {
        changes.tableMoved(sink, CLUSTER, 'active-l1', from, to);
      }),
    ).toEqual([operation('enter', 9, 2, BIT.activeL1), operation('remove', 3, 1, BIT.activeL1)]);
    expect(
      recorded((sink) => {
        changes.tableMoved(sink, CLUSTER, 'snapshot-table', undefined, to);
      }),
    ).toEqual([operation('enter', 9, 2, BIT.snapshotTable)]);
    expect(
      recorded((sink) => {
        changes.tableMoved(sink, CLUSTER, 'refcount-table', from, undefined);
      }),
    ).toEqual([operation('remove', 3, 1, BIT.refcountTable)]);
  });

  it('enters tables that are allocated', () => {
    expect(
      recorded((sink) => {
        changes.l2TableAllocated(sink, CLUSTER);
        changes.refcountBlockAllocated(sink, 2 * CLUSTER);
        changes.l2TableDropped(sink, CLUSTER);
      }),
    ).toEqual([
      operation('enter', 1, 1, BIT.activeL2),
      operation('enter', 2, 1, BIT.refcountBlock),
      operation('remove', 1, 1, BIT.activeL2),
    ]);
  });

  it('enters a snapshot with its tables, and removes those that no other snapshot has', () => {
    const l1 = { offset: 5 * CLUSTER, bytes: 16 };
    expect(
      recorded((sink) => {
        changes.snapshotCreated(sink, CLUSTER, l1, [7 * CLUSTER, 8 * CLUSTER]);
      }),
    ).toEqual([
      operation('enter', 5, 1, BIT.inactiveL1),
      operation('enter', 7, 1, BIT.inactiveL2),
      operation('enter', 8, 1, BIT.inactiveL2),
    ]);
    expect(
      recorded((sink) => {
        for (const table of [
          { offset: 7 * CLUSTER, refcount: 0, active: false },
          { offset: 8 * CLUSTER, refcount: 1, active: true },
          { offset: 9 * CLUSTER, refcount: 1, active: false },
          { offset: 10 * CLUSTER, refcount: 2, active: true },
        ])
          changes.inactiveL2Released(sink, table);
        changes.inactiveL1Freed(sink, CLUSTER, l1);
      }),
    ).toEqual([
      operation('remove', 7, 1, BIT.inactiveL2),
      operation('remove', 8, 1, BIT.inactiveL2),
      operation('remove', 5, 1, BIT.inactiveL1),
    ]);
  });
});
