import { describe, expect, it } from 'vitest';
import { axisOf } from '../../../webview/strip/axis.js';

const GIB = 2 ** 30;

describe('the axis of a strip', () => {
  it('has round offsets, the unit at the first of them, and the end', () => {
    expect(axisOf(29.4 * GIB, 700, 100).map(({ text }) => text)).toEqual([
      ...['0', '5 GiB', '10', '15', '20', '25'],
      '29.4',
    ]);
    expect(axisOf(40 * GIB, 700, 60).at(-1)).toEqual({ at: 1, text: '40' });
    expect(axisOf(GIB, 300, 60).map(({ text }) => text)).toContain('500 MiB');
  });

  it('never puts two closer than the gap, whatever the size', () => {
    for (let bits = 9; bits < 50; bits++)
      for (const odd of [1, 1.37, 1.99])
        for (const pixels of [90, 300, 1000]) {
          const ticks = axisOf(odd * 2 ** bits, pixels, 44);
          for (const [i, { at }] of ticks.entries())
            if (i > 0) expect((at - ticks[i - 1].at) * pixels).toBeGreaterThanOrEqual(22);
          expect(ticks.at(0)?.at).toBe(0);
          expect(ticks.at(-1)?.at).toBe(1);
          expect(ticks.some(({ text }) => /B$|bytes$/.test(text))).toBe(true);
        }
  });

  it('is empty where there is nothing, or no room', () => {
    expect(axisOf(0, 700, 44)).toEqual([]);
    expect(axisOf(GIB, 60, 44)).toEqual([]);
  });
});
