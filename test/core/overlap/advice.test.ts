import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { advise, type Advice, MAX_WORK } from '../../../src/core/overlap/advice.js';
import {
  bitmapSizeText,
  exposureText,
  limitText,
  oversizeText,
} from '../../../src/core/overlap/adviceText.js';
import { MetadataList } from '../../../src/core/overlap/metadataList.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import { OperationList } from '../../../src/core/overlap/operationList.js';
import { NO_LIMIT, type StructureSettings } from '../../../src/core/overlap/settings.js';
import { countWindows, refusesBitmap } from '../../../src/core/overlap/windowState.js';
import { CLUSTER, CLUSTER_BITS, WINDOW } from './operations.js';

const WINDOWS = 4;
const FIXED = 56 + 32 * WINDOWS;
const GEOMETRY = { clusterBits: CLUSTER_BITS, fileLength: WINDOWS * WINDOW * CLUSTER };
const SETTINGS: StructureSettings = {
  guarded: 0xff,
  bitmapSize: 8192,
  totalSizeLimit: NO_LIMIT,
  policy: 'evict',
};

function searched(settings: StructureSettings, operations: OperationList): Advice {
  const steps = advise(GEOMETRY, settings, operations);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same of what is searched to its end. */
function advised(settings: StructureSettings, operations: OperationList) {
  const advice = searched(settings, operations);
  const { limit, bitmapSize } = advice;
  if (!limit || !bitmapSize) throw new Error('not searched to the end');
  return { ...advice, limit, bitmapSize };
}

function opened(settings: StructureSettings, operations: OperationList): MetadataList | undefined {
  const created = MetadataList.create(GEOMETRY, settings);
  if (!created.ok) return undefined;
  operations.applyTo(created.value, { position: 0 }, operations.length);
  return created.value;
}

/** The structures after opening and two passes over all windows. */
function tried(settings: StructureSettings, operations: OperationList): MetadataList | undefined {
  const list = opened(settings, operations);
  for (let pass = 0; list && pass < 2; pass++)
    // A table that reaches past the end of the file has made the array longer.
    for (let window = 0; window < list.windows.count; window++)
      list.check(0, window * list.windowBytes, 1);
  return list;
}

function protects(settings: StructureSettings, operations: OperationList): boolean {
  return tried(settings, operations)?.counters.events === 0;
}

/** What opening an image enters: tables here and there, some of several clusters. */
const openings = fc
  .array(
    fc.record({
      type: fc.constant('enter' as const),
      offset: fc.integer({ min: 0, max: WINDOWS * WINDOW - 1 }).map((at) => at * CLUSTER),
      clusters: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 9 })),
      types: fc.constantFrom(4, 16),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list: Operation[]) => OperationList.of(list));

describe('the advised limit', () => {
  for (const policy of ['evict', 'fail'] as const)
    it(`protects everything, and none below does (${policy})`, () => {
      fc.assert(
        fc.property(openings, fc.integer({ min: 1, max: 4 }), (operations, slots) => {
          const settings = { ...SETTINGS, policy, bitmapSize: slots * 4096 };
          const { limit } = advised(settings, operations);
          expect(limit.certain).toBe(true);
          expect(protects({ ...settings, totalSizeLimit: limit.bytes }, operations)).toBe(true);
          // From one outcome to the next (see Ledger.leastRefused): none is left out.
          for (let totalSizeLimit = FIXED + 4 * slots; totalSizeLimit < limit.bytes;) {
            const trial = tried({ ...settings, totalSizeLimit }, operations);
            expect(trial?.counters.events).toBeGreaterThan(0);
            totalSizeLimit = trial?.ledger.leastRefused ?? 0;
          }
        }),
        { numRuns: 40 },
      );
    });

  it('lets all checks that follow be answered, in any order', () => {
    const checks = fc.array(fc.integer({ min: 0, max: WINDOWS * WINDOW - 1 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        openings,
        checks,
        fc.constantFrom('evict', 'fail'),
        (operations, order, policy) => {
          const settings = { ...SETTINGS, policy };
          const { limit } = advised(settings, operations);
          const list = opened({ ...settings, totalSizeLimit: limit.bytes }, operations);
          for (const cluster of order) list?.check(0, cluster * CLUSTER, 1);
          expect(list?.counters.events).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is not always the only border: a larger limit can be worse', () => {
    const operations = overlapping(7000);
    const { limit } = advised(SETTINGS, operations);
    let worse: number | undefined;
    for (let at = limit.bytes; at < Infinity && worse === undefined;) {
      const trial = tried({ ...SETTINGS, totalSizeLimit: at }, operations);
      if (trial && trial.counters.events > 0) worse = at;
      at = trial?.ledger.leastRefused ?? Infinity;
    }
    expect(worse).toBeGreaterThan(limit.bytes);
  });
});

/** Entries that overlap again and again, so that lists grow and shrink. */
function overlapping(seed: number): OperationList {
  const list = new OperationList();
  let state = seed;
  const below = (limit: number): number => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
  for (let i = 0; i < 900; i++)
    list.enter(
      below(WINDOWS * WINDOW) * CLUSTER,
      below(6) === 0 ? 1 + below(2000) : 1 + below(3),
      1 << below(3),
    );
  return list;
}

describe('the advised bitmap-size', () => {
  it('avoids evictions while opening, and one slot less does not', () => {
    fc.assert(
      fc.property(openings, (operations) => {
        const { bitmapSize } = advised(SETTINGS, operations);
        const evictions = (bytes: number, totalSizeLimit = NO_LIMIT) =>
          opened({ ...SETTINGS, bitmapSize: bytes, totalSizeLimit }, operations)?.counters
            .evictions;
        expect(evictions(bitmapSize.bytes)).toBe(0);
        if (bitmapSize.windows > 1) expect(evictions(bitmapSize.bytes - 4096)).toBeGreaterThan(0);
        const { limitNeeded } = bitmapSize;
        expect(evictions(bitmapSize.bytes, limitNeeded)).toBe(0);
        const short = {
          ...SETTINGS,
          bitmapSize: bitmapSize.bytes,
          totalSizeLimit: limitNeeded - 1,
        };
        const tight = opened(short, operations);
        expect((tight?.counters.evictions ?? 1) + (tight?.counters.events ?? 1)).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the answers in words', () => {
  const operations = OperationList.of(
    [0, 1, 2, 3].map((window) => ({
      type: 'enter',
      offset: window * WINDOW * CLUSTER,
      clusters: 1,
      types: 4,
    })),
  );
  const fixed = 56 + 4 * 32 + 16 * 4;
  const tight: StructureSettings = {
    ...SETTINGS,
    bitmapSize: 65536,
    totalSizeLimit: fixed + 4096 + 4,
    policy: 'fail',
  };
  const sentences = (settings: StructureSettings) => {
    const list = opened(settings, operations);
    if (!list) throw new Error('not created');
    const advice = advised(settings, operations);
    return [
      exposureText(list, countWindows(list, refusesBitmap(list))),
      oversizeText(list),
      limitText(advice),
      bitmapSizeText(advice, settings),
    ];
  };

  it('name what is unprotected, and the settings that would do', () => {
    expect(sentences(tight)).toEqual([
      'With these settings 3 of 4 windows are unprotected: 3 because memory was refused when their metadata was entered: it is lost for good.',
      'bitmap-size exceeds total-size-limit: of 16 cache slots at most 1 can ever have a bitmap, and every slot takes 4 bytes.',
      'The smallest total-size-limit that protects everything is 16,632 bytes.',
      'The smallest bitmap-size that avoids evictions while opening is 16K (16,384 bytes), for 4 windows; it needs a total-size-limit of 16,584 bytes or more.',
    ]);
    expect(sentences({ ...tight, totalSizeLimit: NO_LIMIT })).toEqual([
      'With these settings nothing is unprotected (4 windows).',
      undefined,
      'The smallest total-size-limit that protects everything is 16,632 bytes.',
      'The smallest bitmap-size that avoids evictions while opening is 16K (16,384 bytes), for 4 windows.',
    ]);
    expect(
      limitText({
        limit: { bytes: 2 ** 20, certain: false },
        bitmapSize: advised(tight, operations).bitmapSize,
        because: undefined,
      }),
    ).toBe('A total-size-limit of 1M (1,048,576 bytes) protects everything; a smaller one might.');
  });

  it('tell a check that would be refused from what was never entered', () => {
    const list = opened(
      { ...tight, totalSizeLimit: fixed + 2 * 4096, bitmapSize: 65536 },
      operations,
    );
    if (!list) throw new Error('not created');
    expect(countWindows(list, refusesBitmap(list)).exposures).toEqual({
      lost: 2,
      dropped: 0,
      refused: 0,
    });
    const small = { ...tight, bitmapSize: 4096, totalSizeLimit: fixed - 15 * 4 + 4096 + 16 };
    const one = opened({ ...small, policy: 'fail' }, operations);
    if (!one) throw new Error('not created');
    expect(countWindows(one, refusesBitmap(one))).toEqual({
      forms: { empty: 0, fragments: 3, cached: 1, kept: 0 },
      exposures: { lost: 0, dropped: 0, refused: 0 },
    });
  });
});

describe('a search that would take too much work', () => {
  it('is not begun, and says why', () => {
    const operations = OperationList.of([
      { type: 'enter', offset: 0, clusters: 2 ** 33, types: 1 },
    ]);
    const create = vi.spyOn(MetadataList, 'create');
    const advice = searched(SETTINGS, operations);
    expect(create).not.toHaveBeenCalled();
    create.mockRestore();
    expect(advice).toMatchObject({ limit: undefined, bitmapSize: undefined });
    expect(limitText(advice)).toContain('was not searched further, because opening this image');
    expect(bitmapSizeText(advice, SETTINGS)).toContain('was not searched further, because');
  });

  it('ends after as much work as is allowed', () => {
    const create = vi.spyOn(MetadataList, 'create');
    // Each replay takes a third of it: the limit needs more of them than there is work for.
    const windows = Math.floor(MAX_WORK / 3 / 3);
    const operations = OperationList.of(
      Array.from({ length: windows }, (_, window) => ({
        type: 'enter' as const,
        offset: window * WINDOW * CLUSTER,
        clusters: 4096,
        types: 1,
      })),
    );
    const advice = searched(SETTINGS, operations);
    expect(create.mock.calls.length).toBeLessThanOrEqual(4);
    create.mockRestore();
    expect(advice.bitmapSize?.windows).toBe(windows);
    expect(advice.limit).toBeUndefined();
  });
});
