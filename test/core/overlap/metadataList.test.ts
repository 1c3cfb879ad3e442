import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetadataList } from '../../../src/core/overlap/metadataList.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import { NO_LIMIT, type StructureSettings } from '../../../src/core/overlap/settings.js';
import { perform } from '../../../src/core/overlap/traceSession.js';
import { HAS_BITMAP } from '../../../src/core/overlap/windowTable.js';
import { ByteModel, contentsOf } from './byteModel.js';
import { CLUSTER, CLUSTER_BITS, operations, WINDOW } from './operations.js';

const WINDOWS = 3;
const FILE_LENGTH = WINDOWS * WINDOW * CLUSTER;
const SMALL: StructureSettings = {
  guarded: 0xff,
  bitmapSize: 2 * 4096,
  totalSizeLimit: NO_LIMIT,
  policy: 'evict',
};

function created(settings: Partial<StructureSettings> = {}, fileLength = FILE_LENGTH) {
  const list = MetadataList.create(
    { clusterBits: CLUSTER_BITS, fileLength },
    { ...SMALL, ...settings },
  );
  if (!list.ok) throw new Error(list.message);
  return list.value;
}

const settings = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  room: fc.oneof(
    fc.constant(NO_LIMIT),
    fc.integer({ min: 0, max: 14_000 }),
    fc.integer({ min: 4096, max: 7000 }),
  ),
  guarded: fc.constantFrom(0xff, 0x7f, 0x15),
  policy: fc.constantFrom('evict' as const, 'fail' as const),
});

/** The product and the byte model beside it, under the same settings. */
function pair({
  slots,
  room,
  guarded,
  policy,
}: typeof settings extends fc.Arbitrary<infer T> ? T : never) {
  const limit = 56 + 32 * WINDOWS + 4 * slots + room;
  const model = new ByteModel(CLUSTER, WINDOWS, slots, limit, guarded, policy);
  const list = created({ guarded, bitmapSize: slots * 4096, totalSizeLimit: limit, policy });
  return { model, list, limit };
}

describe('the metadata list', () => {
  it('equals the byte model after every operation, under any limit and policy', () => {
    fc.assert(
      fc.property(settings, operations(WINDOWS), (options, sequence) => {
        const { model, list, limit } = pair(options);
        const events: [number, number][] = [];
        list.onMemoryEvent = ({ start, length }) => void events.push([start, length]);
        for (const operation of sequence) {
          expect(perform(list, operation)).toBe(model.apply(operation));
          expect(list.ledger.used).toBe(model.used);
          expect(list.ledger.used).toBeLessThanOrEqual(limit);
          expect(list.windows.count).toBe(model.windows.length);
          // Equal slots after every operation: the least recently used window has gone.
          expect(Array.from(model.slots, (_, slot) => list.cache.row(slot))).toEqual(model.slots);
        }
        expect(events).toEqual(model.events);
        model.windows.forEach((window, index) => {
          const { flags, used, allocated } = list.windows;
          expect((flags[index] & HAS_BITMAP) !== 0).toBe(window.bytes !== undefined);
          expect([used[index], allocated[index]]).toEqual([window.list.length, window.allocated]);
          expect(contentsOf(list, index)).toEqual(model.contents(index));
        });
      }),
      { numRuns: 150 },
    );
  });

  it('accounts for what it holds, but for the two slips', () => {
    fc.assert(
      fc.property(settings, operations(WINDOWS), (options, sequence) => {
        const { model, list } = pair(options);
        for (const operation of sequence) {
          perform(list, operation);
          model.apply(operation);
        }
        const { held, accounted, shrinkSlip, dropSlip } = list.memory;
        expect(held).toBe(model.held());
        expect(accounted - held).toBe(shrinkSlip + dropSlip);
        expect(shrinkSlip + dropSlip).toBe(model.slips);
      }),
      { numRuns: 100 },
    );
  });

  it('holds the bytes of a naive model when memory is never short', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), operations(WINDOWS), (slots, sequence) => {
        const list = created({ bitmapSize: slots * 4096 });
        const bytes = new Uint8Array((WINDOWS + 4) * WINDOW);
        for (const operation of sequence) {
          perform(list, operation);
          paint(bytes, operation, list.windows.count);
        }
        for (let window = 0; window < list.windows.count; window++)
          expect(contentsOf(list, window)).toEqual(
            bytes.subarray(window * WINDOW, (window + 1) * WINDOW),
          );
      }),
      { numRuns: 100 },
    );
  });

  it('is copied whole: the copy goes its own way to the same end', () => {
    fc.assert(
      fc.property(settings, operations(WINDOWS), operations(WINDOWS), (options, first, then) => {
        const { list } = pair(options);
        for (const operation of first) perform(list, operation);
        const copy = list.clone();
        for (const operation of then) perform(list, operation);
        for (const operation of then) perform(copy, operation);
        expect(copy.memory).toEqual(list.memory);
        expect(copy.counters).toEqual(list.counters);
        expect(copy.now).toBe(list.now);
        for (let window = 0; window < list.windows.count; window++)
          expect(contentsOf(copy, window)).toEqual(contentsOf(list, window));
      }),
      { numRuns: 50 },
    );
  });

  it('gives back too little when it cuts a list down', () => {
    const list = created({ bitmapSize: 4096 });
    for (let i = 0; i < 20; i++) list.enter(2 * i * CLUSTER, 1, 4);
    list.check(0, WINDOW * CLUSTER, 1);
    list.enter(0, 64, 4);
    list.check(0, WINDOW * CLUSTER, 1);
    // 26 fragments had room, 1 is left: 25 of 100 bytes come back.
    expect([list.windows.used[0], list.windows.allocated[0]]).toEqual([1, 1]);
    const { held, accounted, shrinkSlip } = list.memory;
    expect([accounted - held, shrinkSlip]).toEqual([75, 75]);
  });

  it('gives back nothing when it drops a list for want of memory', () => {
    const fixed = 56 + 32 * WINDOWS + 4;
    const list = created({ bitmapSize: 4096, totalSizeLimit: fixed + 4096 + 8 });
    list.enter(0, 1, 4);
    list.enter(WINDOW * CLUSTER, 1, 4);
    list.enter(2 * WINDOW * CLUSTER, 1, 4);
    // Three lists of 4 bytes and a bitmap are too much.
    list.remove(0, 1, 4);
    list.check(0, WINDOW * CLUSTER, 1);
    const { held, accounted, dropSlip } = list.memory;
    expect(list.counters.drops).toBe(1);
    expect([accounted - held, dropSlip]).toEqual([4, 4]);
    expect(contentsOf(list, 0)).toEqual(new Uint8Array(WINDOW));
  });

  it('says what could not be created', () => {
    const messages = [0, 56, 56 + 3 * 32, 56 + 3 * 32 + 8].map((totalSizeLimit) => {
      const list = MetadataList.create(
        { clusterBits: CLUSTER_BITS, fileLength: FILE_LENGTH },
        { ...SMALL, totalSizeLimit },
      );
      return list.ok ? 'created' : list.message;
    });
    expect(messages).toEqual([
      'Cannot allocate metadata list',
      'Cannot allocate metadata overlap check windows',
      'Cannot allocate metadata overlap cache pointers',
      'created',
    ]);
  });

  it('takes 152 bytes for a window of 64 MiB before its first bitmap', () => {
    const list = MetadataList.create(
      { clusterBits: 16, fileLength: 64 * 2 ** 20 },
      { ...SMALL, bitmapSize: 65536 },
    );
    expect(list.ok && list.value.memory.accounted).toBe(152);
  });

  it('accounts for windows far away without keeping them', () => {
    const list = created();
    const far = 2 ** 52 - (2 ** 52 % (WINDOW * CLUSTER));
    list.enter(far, 2, 4);
    expect(list.windows.count).toBe(far / (WINDOW * CLUSTER) + 1);
    expect(list.windows.rows).toBe(WINDOWS + 1);
    expect(list.check(0, far + CLUSTER, 1)).toBe(4);
    expect(list.check(0, far - 1, 1)).toBe(0);
  });

  it('knows no type beyond the eighth', () => {
    const list = created({ guarded: 0x1ff });
    list.enter(0, 1, 0x101);
    expect(list.check(0, 0, 1)).toBe(1);
  });
});

function paint(bytes: Uint8Array, operation: Operation, windows: number): void {
  if (operation.type === 'check') return;
  const offGrid = operation.offset % CLUSTER !== 0;
  if (operation.type === 'enter' && offGrid) return;
  const first = Math.floor(operation.offset / CLUSTER);
  const end = Math.min(windows * WINDOW, first + operation.clusters + (offGrid ? 1 : 0));
  for (let cluster = first; cluster < end; cluster++)
    if (operation.type === 'enter') bytes[cluster] |= operation.types;
    else bytes[cluster] &= ~operation.types;
}
