import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HilbertCurve } from '../../../../src/core/picture/curve.js';
import { topLevel } from '../../../../src/core/picture/tile.js';
import { arrangementFor, isPossible } from '../../../../webview/heatmap/tiles/arrangement.js';
import { fitScale } from '../../../../webview/heatmap/camera.js';

const panes = fc.record({
  width: fc.integer({ min: 200, max: 3000 }),
  height: fc.integer({ min: 150, max: 2000 }),
});

/** The part of a pane that cells take. */
function filled(curve: HilbertCurve, pane: { width: number; height: number }): number {
  return (curve.clusters * fitScale(curve.filled, pane) ** 2) / (pane.width * pane.height);
}

describe('how squares are laid out', () => {
  it('is possible in every pane, and never below a cell of the coarsest tiles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), panes, fc.boolean(), (n, pane, windows) => {
        const arrangement = arrangementFor(n, pane, windows);
        expect(isPossible(n, arrangement, windows)).toBe(true);
        const curve = new HilbertCurve(n, arrangement);
        expect(topLevel(curve)).toBeLessThanOrEqual(Math.max(0, curve.order));
        expect(curve.order).toBeLessThanOrEqual(new HilbertCurve(n).order);
        if (windows && n > 4096) expect(curve.order).toBeGreaterThanOrEqual(6);
      }),
    );
  });

  it('fills a pane no worse than one square does, and in most panes most of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 50_000, max: 2 ** 31 }), panes, (n, pane) => {
        const part = filled(new HilbertCurve(n, arrangementFor(n, pane, false)), pane);
        expect(part).toBeGreaterThanOrEqual(filled(new HilbertCurve(n), pane) - 0.03);
        const ratio = pane.width / pane.height;
        if (pane.width > 500 && pane.height > 400 && ratio > 1 / 3 && ratio < 3)
          expect(part).toBeGreaterThan(0.6);
      }),
      { numRuns: 1000 },
    );
  });

  it('is that of the mock: 29.4 squares of 1 GiB lie in six columns', () => {
    expect(arrangementFor(481_690, { width: 864, height: 724 }, false)).toEqual({
      order: 7,
      columns: 6,
    });
  });

  it('is one square before there is a pane', () => {
    expect(arrangementFor(1000, { width: 0, height: 0 }, false)).toEqual({ order: 5, columns: 1 });
  });
});
