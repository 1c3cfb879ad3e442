import { DEFAULT_OVERLAP } from './defaults.js';
import { describe, expect, test } from 'vitest';
import { OverlapSession } from '../../src/session/overlapSession.js';
import type { BuiltOverlap, OverlapAdvice, OverlapWindow } from '../../src/protocol/overlap.js';
import { openedMappable } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import type { OverlapOptions } from '../../src/protocol/shapes.js';
import type { WindowColumn } from '../../src/core/overlap/windowOrder.js';

/** 12 MiB of data in 512-byte clusters, with a snapshot: seven windows of 2 MiB. */
const image = openedMappable(
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 9 })
      .write(0, 12_000)
      .snapshot({ name: 'a' })
      .write(100, 9000)
      .write(14_000, 3000),
  ),
);

const session = (): OverlapSession => new OverlapSession(image);

function built(of: OverlapSession, changes: Partial<OverlapOptions>, at?: number): BuiltOverlap {
  const answer = of.state({ options: { ...DEFAULT_OVERLAP, ...changes }, position: at });
  if (answer.state !== 'built') throw new Error(JSON.stringify(answer));
  return answer;
}

/** Asks until the search is done. */
function advised(of: OverlapSession, options: OverlapOptions): OverlapAdvice {
  for (;;) {
    const answer = of.advice({ options });
    if (answer.state !== 'computing') return answer;
  }
}

describe('the structures', () => {
  test('are those of the settings that are asked for', () => {
    const of = session();
    const few = built(of, { bitmapSize: '8K' });
    expect(few.slotCount).toBe(2);
    expect(few.slots.map(({ slot }) => slot)).toEqual([0, 1]);
    expect(few.counts.forms.cached).toBe(2);
    expect(few.memory.bitmaps).toBe(8192);
    expect(few.position).toBe(few.operations);
    const all = built(of, {});
    expect(all.counts.forms.cached).toBe(all.windows);
    expect(all.memory.slots).toBe(64);
    expect(all.sentences).toEqual([
      `With these settings nothing is unprotected (${all.windows} windows).`,
    ]);
    const more = built(of, { overlapCheck: 'all' });
    expect(more.operations).toBeGreaterThan(all.operations);
    expect(built(of, { types: { 'refcount-block': false } }).counts.forms.empty).toBeGreaterThan(0);
  });

  test('at a position are as they were when it was reached', () => {
    const of = session();
    const forwards = [0, 1, 2, 50].map((at) => built(of, { bitmapSize: '8K' }, at));
    const back = [50, 2, 1, 0].map((at) => built(of, { bitmapSize: '8K' }, at));
    expect(back.reverse()).toEqual(forwards);
    expect(forwards[0].last).toBeUndefined();
    expect(forwards[1].last).toEqual({
      text: 'enter main-header at 0x0',
      windows: [0],
      evicted: [],
    });
    expect(forwards[1].counters.misses).toBe(1);
    expect(built(of, {}, 2 ** 40).position).toBe(forwards[0].operations);
  });

  test('lead from eviction to eviction, and name the windows that went', () => {
    const of = session();
    const options = { ...DEFAULT_OVERLAP, bitmapSize: '8K' };
    const all = built(of, options).counters.evictions;
    expect(all).toBeGreaterThan(3);
    const seen: number[] = [];
    for (let at: number | undefined = 0; ;) {
      at = of.next({ options, position: at, what: 'evictions' });
      if (at === undefined) break;
      seen.push(at);
      const now = built(of, options, at);
      const before = built(of, options, at - 1);
      expect(now.counters.evictions).toBeGreaterThan(before.counters.evictions);
      const left = new Set(now.slots.map(({ window }) => window));
      expect(built(of, options, at).last?.evicted).toEqual(
        before.slots.map(({ window }) => window).filter((window) => !left.has(window)),
      );
      if (seen.length > 1000) break;
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.length).toBeLessThanOrEqual(all);
    expect(of.next({ options, position: seen.at(-1), what: 'events' })).toBeUndefined();
  });

  test('are none where nothing is guarded that they know', () => {
    const none = { state: 'none' };
    const of = session();
    expect(of.state({ options: { ...DEFAULT_OVERLAP, overlapCheck: 'none' } })).toEqual(none);
    const onlyBitmaps = { overlapCheck: 'none', types: { 'bitmap-directory': true } };
    expect(of.state({ options: { ...DEFAULT_OVERLAP, ...onlyBitmaps } })).toEqual(none);
    expect(advised(of, { ...DEFAULT_OVERLAP, overlapCheck: 'none' })).toEqual(none);
  });
});

describe('a setting that is refused is named, with what QEMU says', () => {
  const size = (name: string): string =>
    `Parameter 'overlap-structures.${name}' expects a non-negative number below 2^64`;
  test.each([
    [{ overlapCheck: 'most' }, 'overlapCheck', `Unsupported value 'most' for qcow2 option`],
    [{ bitmapSize: '64Q' }, 'bitmapSize', size('bitmap-size')],
    [{ bitmapSize: '' }, 'bitmapSize', size('bitmap-size')],
    [{ totalSizeLimit: '-1' }, 'totalSizeLimit', size('total-size-limit')],
    [{ totalSizeLimit: '16E' }, 'totalSizeLimit', `Value '16E' is out of range`],
    [{ limitPolicy: 'beg' }, 'limitPolicy', `limit-policy is 'beg'`],
    [{ totalSizeLimit: '55' }, 'totalSizeLimit', 'Cannot allocate metadata list'],
    [{ totalSizeLimit: '57' }, 'totalSizeLimit', 'Cannot allocate metadata overlap check windows'],
    [
      { totalSizeLimit: '1K', bitmapSize: '4M' },
      'totalSizeLimit',
      'Cannot allocate metadata overlap cache pointers',
    ],
  ])('%o', (changes, setting, message) => {
    const answer = session().state({ options: { ...DEFAULT_OVERLAP, ...changes } });
    expect(answer).toMatchObject({ state: 'failed', setting });
    if (answer.state === 'failed') expect(answer.message).toContain(message);
  });

  test('and a limit that is too small gets advice nevertheless', () => {
    expect(advised(session(), { ...DEFAULT_OVERLAP, totalSizeLimit: '55' })).toMatchObject({
      state: 'known',
    });
    expect(advised(session(), { ...DEFAULT_OVERLAP, bitmapSize: '64Q' })).toEqual({
      state: 'none',
    });
  });
});

describe('the table of windows', () => {
  const tight = { ...DEFAULT_OVERLAP, bitmapSize: '8K', totalSizeLimit: '9000' };
  const all = (sort: WindowColumn, descending: boolean): readonly OverlapWindow[] =>
    session().windows({ options: tight, sort, descending, from: 0, count: 1000 }).windows;

  test('comes in pages', () => {
    const of = session();
    const query = { options: tight, sort: 'age', descending: true } as const;
    const { total, windows } = of.windows({ ...query, from: 0, count: 1000 });
    expect(windows.length).toBe(total);
    expect(of.windows({ ...query, from: 2, count: 3 }).windows).toEqual(windows.slice(2, 5));
    expect(of.windows({ ...query, from: total, count: 3 }).windows).toEqual([]);
  });

  test.each(['used', 'allocated', 'age'] as const)('sorts by numbers: %s', (sort) => {
    const numbers = all(sort, false).map((window) => window[sort] ?? Infinity);
    expect(new Set(numbers).size).toBeGreaterThan(1);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const descending = all(sort, true).map((window) => window[sort] ?? Infinity);
    expect(descending).toEqual([...numbers].reverse());
  });

  test('keeps the order of the file among equals', () => {
    for (const descending of [false, true])
      for (const form of ['fragments', 'cached'])
        expect(
          all('state', descending)
            .filter((window) => window.form === form && !window.exposure)
            .map(({ window }) => window),
        ).toEqual(
          all('window', false)
            .filter((window) => window.form === form && !window.exposure)
            .map(({ window }) => window),
        );
    expect(all('state', false).map(({ form }) => form)).not.toEqual(
      all('state', true).map(({ form }) => form),
    );
    expect(all('window', true)).toEqual([...all('window', false)].reverse());
  });

  test('says where a window is', () => {
    const of = session();
    const query = { options: tight, sort: 'age', descending: true, from: 0, count: 0 } as const;
    const order = all('age', true).map(({ window }) => window);
    order.forEach((window, line) => {
      expect(of.windows({ ...query, find: window }).found).toBe(line);
    });
    expect(of.windows({ ...query, find: 2 ** 40 }).found).toBeUndefined();
    expect(of.windows(query).found).toBeUndefined();
  });

  test('leaves out what is empty', () => {
    const guarded = { ...DEFAULT_OVERLAP, overlapCheck: 'none', types: { 'main-header': true } };
    const query = {
      options: guarded,
      sort: 'window',
      descending: false,
      from: 0,
      count: 9,
    } as const;
    expect(session().windows(query)).toMatchObject({
      total: 1,
      windows: [{ window: 0, form: 'cached', types: ['main-header'], lost: [] }],
    });
  });
});

describe('a window opened', () => {
  test('has 4096 clusters, and fragments that say the same', () => {
    const opened = session().window({ options: DEFAULT_OVERLAP, window: 0 });
    const bytes = opened?.bytes ?? [];
    const spread: number[] = [];
    for (let i = 0; i < bytes.length; i += 2)
      spread.push(...new Array<number>(bytes[i + 1]).fill(bytes[i]));
    expect(spread.length).toBe(4096);
    const painted = new Array<number>(4096).fill(0);
    for (const { start, clusters, types } of opened?.fragments ?? [])
      painted.fill(types, start, start + clusters);
    expect(spread).toEqual(painted);
    expect(opened?.types).toContain('active-l2');
  });

  test('is undefined where there is none', () => {
    expect(session().window({ options: DEFAULT_OVERLAP, window: 2 ** 40 })).toBeUndefined();
  });
});

test('the time line leads from nothing to what there is at the end', () => {
  const of = session();
  const { operations, memory, counters } = built(of, { bitmapSize: '8K' });
  const line = of.timeline({ options: { ...DEFAULT_OVERLAP, bitmapSize: '8K' } });
  expect(line.positions[0]).toBe(0);
  expect(line.positions.at(-1)).toBe(operations);
  expect(line.positions.length).toBeLessThanOrEqual(257);
  expect(line.accounted.at(-1)).toBe(memory.accounted);
  expect(line.held.at(-1)).toBe(memory.held);
  expect(line.evictions.at(-1)).toBe(counters.evictions);
});

test('memory-limit events come in pages, each with the range it leaves unprotected', () => {
  const of = session();
  const options = { ...DEFAULT_OVERLAP, totalSizeLimit: '4500', limitPolicy: 'fail' };
  const { events, windowBytes, sentences } = built(of, options);
  expect(events).toBeGreaterThan(2);
  const page = of.events({ options, from: 1, count: 2 });
  expect(page.total).toBe(events);
  expect(page.events.map(({ length }) => length)).toEqual([windowBytes, windowBytes]);
  expect(sentences[0]).toMatch(/^With these settings \d+ of \d+ windows are unprotected/);
});

test('what is advised does what it says', () => {
  const of = session();
  const options = { ...DEFAULT_OVERLAP, bitmapSize: '8K', totalSizeLimit: '5000' };
  expect(built(of, options).events).toBeGreaterThan(0);
  const advice = advised(of, options);
  if (advice.state !== 'known') throw new Error(advice.state);
  const values = new Map(advice.advice.map(({ setting, value }) => [setting, value]));
  const limited = { ...options, totalSizeLimit: values.get('totalSizeLimit') ?? '' };
  expect(built(of, limited).events).toBe(0);
  const roomy = { ...options, totalSizeLimit: '', bitmapSize: values.get('bitmapSize') ?? '' };
  expect(built(of, roomy).counters.evictions).toBe(0);
});
