import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowCode, type WindowMark } from '../../../src/core/overlap/windowMarks.js';
import { createCurve } from '../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import { WindowLevels } from '../../../webview/heatmap/windows/windowLevels.js';
import { RECENCIES, WindowStates } from '../../../webview/text/windowStates.js';
import { describeWindow } from '../../../webview/text/windowText.js';

const FRAGMENTS: WindowMark = { form: 'fragments', exposure: undefined };
const CACHED: WindowMark = { form: 'cached', exposure: undefined };
const marksOf = (...runs: readonly (readonly [mark: WindowMark, windows: number])[]): number[] =>
  runs.flatMap(([mark, windows]) => [windowCode(mark), windows]);

const anyMark = fc.record({
  form: fc.constantFrom('empty', 'fragments', 'cached', 'kept'),
  exposure: fc.constantFrom(undefined, 'lost', 'dropped', 'refused'),
});

describe('the states of windows', () => {
  it('are at their numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyMark, fc.integer({ min: 1, max: 50 })), { maxLength: 30 }),
        (runs) => {
          const states = new WindowStates({ marks: marksOf(...runs), slots: [] });
          const expected = runs.flatMap(([mark, windows]) =>
            new Array<WindowMark>(windows).fill(mark),
          );
          expect(states.windows).toBe(expected.length);
          expect(expected.map((_, window) => states.markOf(window))).toEqual(expected);
          expect(states.markOf(expected.length)).toBeUndefined();
        },
      ),
    );
  });

  it('rank the cached windows by their last use', () => {
    const slots = [9, 1, 30, 4, 2, 100, 7, 50].map((age, window) => ({
      slot: window,
      window,
      age,
    }));
    const states = new WindowStates({ marks: marksOf([CACHED, 8], [FRAGMENTS, 2]), slots });
    expect(RECENCIES).toBe(4);
    expect([...states.recencies]).toEqual([2, 4, 2, 3, 4, 1, 3, 1, 0, 0]);
    expect(states.ageOf(5)).toBe(100);
    expect(states.ageOf(8)).toBeUndefined();
  });

  it('give no rank to a slot whose window was refused a bitmap', () => {
    const slots = [
      { slot: 0, window: 0, age: 1 },
      { slot: 1, window: 1, age: 2 },
    ];
    const states = new WindowStates({ marks: marksOf([FRAGMENTS, 1], [CACHED, 1]), slots });
    expect([...states.recencies]).toEqual([0, RECENCIES]);
  });

  it('are told in a line', () => {
    const marks = marksOf(
      [CACHED, 1],
      [{ form: 'empty', exposure: 'lost' }, 1],
      [{ form: 'kept', exposure: undefined }, 1],
    );
    const states = new WindowStates({ marks, slots: [{ slot: 3, window: 0, age: 1204 }] });
    expect([0, 1, 2, 3].map((window) => describeWindow(states, window))).toEqual([
      'window 0: cached bitmap, age 1,204',
      'window 1: empty, unprotected: metadata could not be entered',
      'window 2: kept bitmap',
      undefined,
    ]);
  });
});

describe('blocks of windows', () => {
  const BADNESS = [undefined, 'refused', 'dropped', 'lost'];

  it('say the same as the windows in them, one by one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('hilbert', 'rows'),
        fc.array(anyMark, { minLength: 1, maxLength: 300 }),
        (name, marks) => {
          const grid = new WindowGrid(createCurve(name, marks.length * 4096 - 100));
          const states = new WindowStates({
            marks: marksOf(...marks.map((mark) => [mark, 1] as const)),
            slots: [],
          });
          const levels = new WindowLevels(states, grid);
          for (let level = 0; level <= grid.top; level++) {
            const inBlock = new Map<number, WindowMark[]>();
            marks.forEach((mark, window) => {
              let block = window;
              for (let up = 0; up < level; up++) block = grid.parent(block);
              inBlock.set(block, [...(inBlock.get(block) ?? []), mark]);
            });
            for (const [block, inside] of inBlock) {
              const cached = inside.filter(({ form }) => form === 'cached').length;
              const worst = Math.max(...inside.map(({ exposure }) => BADNESS.indexOf(exposure)));
              expect(levels.density(level, block)).toBe(cached / inside.length);
              expect(levels.exposure(level, block)).toBe(BADNESS[worst]);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
