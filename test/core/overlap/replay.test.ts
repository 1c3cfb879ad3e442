import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetadataList } from '../../../src/core/overlap/metadataList.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import { OperationList } from '../../../src/core/overlap/operationList.js';
import { Replay } from '../../../src/core/overlap/replay.js';
import type { StructureSettings } from '../../../src/core/overlap/settings.js';
import { perform, stateOf } from '../../../src/core/overlap/traceSession.js';
import { contentsOf } from './byteModel.js';
import { CLUSTER, CLUSTER_BITS, operations, WINDOW } from './operations.js';

const GEOMETRY = { clusterBits: CLUSTER_BITS, fileLength: 3 * WINDOW * CLUSTER };
const TIGHT: StructureSettings = {
  guarded: 0xff,
  bitmapSize: 2 * 4096,
  totalSizeLimit: 7000,
  policy: 'evict',
};

function run(list: OperationList, settings = TIGHT): Replay {
  const replay = Replay.run(GEOMETRY, settings, list);
  if (!replay.ok) throw new Error(replay.message);
  return replay.value;
}

/** The state after some operations, reached from the start. */
function fresh(list: readonly Operation[]): MetadataList {
  const created = MetadataList.create(GEOMETRY, TIGHT);
  if (!created.ok) throw new Error(created.message);
  for (const operation of list) perform(created.value, operation);
  return created.value;
}

const everything = (list: MetadataList) => ({
  ...stateOf(list),
  memory: list.memory,
  counters: { ...list.counters },
  now: list.now,
  contents: [0, 1, 2, 3].map((window) => contentsOf(list, window)),
});

describe('a replay', () => {
  it('steps to any state, forwards and back', () => {
    fc.assert(
      fc.property(
        operations(3),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        (list, places) => {
          const replay = run(OperationList.of(list));
          for (const place of [...places, 1, 0]) {
            const position = Math.round(place * list.length);
            expect(everything(replay.at(position))).toEqual(
              everything(fresh(list.slice(0, position))),
            );
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('steps back over hundreds of thousands of operations', () => {
    const list = new OperationList();
    for (let i = 0; i < 200_000; i++)
      list.enter(((i * 7919) % (3 * WINDOW)) * CLUSTER, 1, 1 << (i % 8));
    const replay = run(list, { ...TIGHT, totalSizeLimit: 2 ** 20 });
    const seen = new Map<number, unknown>();
    for (const position of [0, 1, 65_535, 65_536, 65_537, 131_072, 140_000, 199_999, 200_000])
      seen.set(position, everything(replay.at(position)));
    for (const position of [...seen.keys()].reverse())
      expect(everything(replay.at(position))).toEqual(seen.get(position));
    expect(seen.get(200_000)).toEqual(everything(replay.final));
  });

  it('gives up states it has kept rather than memory, and steps back nevertheless', () => {
    const windows = 2 ** 19;
    const list = new OperationList();
    for (let i = 0; i < 700_000; i++)
      list.enter(((i * 7919) % windows) * WINDOW * CLUSTER, 1, 1 << (i % 8));
    const replay = Replay.run(
      { clusterBits: CLUSTER_BITS, fileLength: windows * WINDOW * CLUSTER },
      { ...TIGHT, totalSizeLimit: 2 ** 30 },
      list,
    );
    if (!replay.ok) throw new Error(replay.message);
    const numbers = (position: number) => {
      const state = replay.value.at(position);
      return { memory: state.memory, counters: { ...state.counters }, now: state.now };
    };
    const forwards = [0, 300_000, 650_000, 699_999].map(numbers);
    expect([699_999, 650_000, 300_000, 0].map(numbers).reverse()).toEqual(forwards);
  });

  it('logs each event with its operation', () => {
    fc.assert(
      fc.property(operations(3), (list) => {
        const { events } = run(OperationList.of(list));
        const expected: unknown[] = [];
        const created = MetadataList.create(GEOMETRY, TIGHT);
        if (!created.ok) throw new Error(created.message);
        list.forEach((operation, index) => {
          created.value.onMemoryEvent = (event) => expected.push({ operation: index, ...event });
          perform(created.value, operation);
        });
        expect(events.page(0, events.length)).toEqual(expected);
        expect(events.page(Math.max(0, events.length - 1), 5)).toEqual(expected.slice(-1));
      }),
      { numRuns: 40 },
    );
  });

  it('has a time line from the first state to the last', () => {
    const list = new OperationList();
    for (let i = 0; i < 5000; i++) list.enter(((i * 613) % (3 * WINDOW)) * CLUSTER, 1, 4);
    const replay = run(list);
    const { positions, accounted, held, misses, events } = replay.timeline;
    expect(positions[0]).toBe(0);
    expect(positions.at(-1)).toBe(5000);
    expect(positions.length).toBeLessThanOrEqual(1024);
    positions.forEach((position, i) => {
      const { memory, counters } = replay.at(position);
      expect([accounted[i], held[i]]).toEqual([memory.accounted, memory.held]);
      expect([misses[i], events[i]]).toEqual([counters.misses, counters.events]);
    });
  });

  it('says why it cannot begin', () => {
    const replay = Replay.run(GEOMETRY, { ...TIGHT, totalSizeLimit: 55 }, new OperationList());
    expect(replay).toEqual({ ok: false, message: 'Cannot allocate metadata list' });
  });
});
