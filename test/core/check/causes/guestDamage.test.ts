import { expect, it } from 'vitest';
import type { Cause, CauseId, GuestRange } from '../../../../src/core/check/causes/cause.js';
import { guestDamage } from '../../../../src/core/check/causes/guestDamage.js';

const of = (
  id: CauseId,
  guest: readonly GuestRange[],
  wholeDisk = false,
  ranges = guest.length,
): Cause => ({
  id,
  severity: 'damage',
  title: '',
  explanation: '',
  picture: undefined,
  danger: { bytes: 0, text: '', guest, ranges, snapshots: [], wholeDisk },
  doNext: [],
  doNot: [],
  host: [],
  findings: 0,
  qemuLines: [],
  qemuLineCount: 0,
  clusterToShow: undefined,
});

const range = (start: number, length: number, snapshot?: string): GuestRange => ({
  start,
  length,
  snapshot,
});

it('of two causes the worse counts, and both are named', () => {
  const causes = [
    of('two-owners', [range(0, 100), range(200, 50)]),
    of('cut-off', [range(50, 100), range(0, 10, 's')]),
    // It wastes space, and endangers nothing.
    of('leaks', [range(0, 1000)]),
  ];
  const [disk, snapshot] = guestDamage({ causes }, [
    { snapshot: undefined, size: 220 },
    { snapshot: 's', size: 1000 },
  ]);
  expect(disk.ranges).toEqual([
    { start: 0, length: 50, state: 'shared', causes: [0] },
    { start: 50, length: 50, state: 'lost', causes: [0, 1] },
    { start: 100, length: 50, state: 'lost', causes: [1] },
    { start: 200, length: 20, state: 'shared', causes: [0] },
  ]);
  expect(disk.bytes).toEqual({ lost: 100, shared: 70, doubt: 0 });
  expect(snapshot.bytes).toEqual({ lost: 10, shared: 0, doubt: 0 });
});

it('a cause that takes the whole disk takes no snapshot', () => {
  const causes = [of('overwritten-l1', [], true)];
  const [disk, snapshot] = guestDamage({ causes }, [
    { snapshot: undefined, size: 220 },
    { snapshot: 's', size: 1000 },
  ]);
  expect(disk.ranges).toEqual([{ start: 0, length: 220, state: 'lost', causes: [0] }]);
  expect(snapshot.ranges).toEqual([]);
});

it('says when it does not know all ranges', () => {
  const causes = [of('cut-off', [range(0, 10)], false, 5)];
  expect(guestDamage({ causes }, [{ snapshot: undefined, size: 100 }])[0].isPartial).toBe(true);
});

it('snapshots of one name have each its own', () => {
  const at = (start: number, entry: number): GuestRange => ({ ...range(start, 10, 's'), entry });
  const causes = [of('cut-off', [at(0, 0), at(50, 1)])];
  const damaged = guestDamage({ causes }, [
    { snapshot: 's', entry: 0, size: 100 },
    { snapshot: 's', entry: 1, size: 100 },
  ]);
  expect(damaged.map(({ ranges }) => ranges.map(({ start }) => start))).toEqual([[0], [50]]);
});
