import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clampCamera,
  fit,
  pan,
  stepFactor,
  toPicture,
  toView,
  zoomAt,
} from '../../../webview/heatmap/camera.js';

const VIEW = { width: 1200, height: 700 };
const HUGE = { width: 16384, height: 8192 };
const TINY = { width: 8, height: 4 };

describe('the camera', () => {
  it('fits a picture with a margin, in the middle', () => {
    const camera = fit(HUGE, VIEW);
    const corner = toView(camera, VIEW, 0, 0);
    const far = toView(camera, VIEW, HUGE.width, HUGE.height);
    expect(corner.x).toBeCloseTo(12);
    expect(far.x).toBeCloseTo(VIEW.width - 12);
    expect(corner.y + far.y).toBeCloseTo(VIEW.height);
  });

  it('fits a small picture with cells of whole pixels', () => {
    expect(fit({ width: 100, height: 64 }, VIEW).scale).toBe(10);
    expect(fit(TINY, VIEW).scale).toBe(96);
  });

  it('keeps what is under the pointer there while zooming', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: VIEW.width, noNaN: true }),
        fc.double({ min: 0, max: VIEW.height, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (px, py, factor) => {
          const before = fit(HUGE, VIEW);
          const after = zoomAt(before, HUGE, VIEW, px, py, factor);
          const a = toPicture(before, VIEW, px, py);
          const b = toPicture(after, VIEW, px, py);
          expect(b.x).toBeCloseTo(a.x, 6);
          expect(b.y).toBeCloseTo(a.y, 6);
        },
      ),
    );
  });

  it('stops zooming at a largest cell and at half the fitted size', () => {
    expect(zoomAt(fit(HUGE, VIEW), HUGE, VIEW, 0, 0, 1e9).scale).toBe(96);
    expect(zoomAt(fit(HUGE, VIEW), HUGE, VIEW, 0, 0, 1e-9).scale).toBeCloseTo(
      fit(HUGE, VIEW).scale / 2,
    );
  });

  it('steps along powers of two', () => {
    expect(0.07 * stepFactor(0.07, 1)).toBe(0.125);
    expect(0.125 * stepFactor(0.125, 1)).toBe(0.25);
    expect(10 * stepFactor(10, -1)).toBe(8);
    expect(8 * stepFactor(8, -1)).toBe(4);
  });

  it('pans by pixels, and never loses the picture', () => {
    const camera = { x: 8000, y: 4000, scale: 4 };
    expect(pan(camera, 40, -20)).toEqual({ x: 7990, y: 4005, scale: 4 });
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
        (dx, dy) => {
          const moved = clampCamera(pan(camera, dx, dy), HUGE, VIEW);
          const { x, y } = toPicture(moved, VIEW, VIEW.width / 2, VIEW.height / 2);
          expect(x).toBeGreaterThan(0);
          expect(x).toBeLessThan(HUGE.width);
          expect(y).toBeGreaterThan(0);
          expect(y).toBeLessThan(HUGE.height);
        },
      ),
    );
  });
});
