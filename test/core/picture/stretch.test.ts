import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCurve, type Curve } from '../../../src/core/picture/curve.js';
import { outlineOf } from '../../../src/core/picture/outline.js';
import { rectanglesOf, stretchesIn, type Rectangle } from '../../../src/core/picture/stretch.js';

const curves = fc
  .tuple(fc.constantFrom('hilbert', 'rows'), fc.integer({ min: 1, max: 5000 }))
  .map(([name, clusters]) => createCurve(name, clusters));
const part = fc.double({ min: 0, max: 1, noNaN: true });

/** The clusters of the cells of rectangles, in ascending order; each as often as it is covered. */
function clustersOf(curve: Curve, rectangles: readonly Rectangle[]): (number | undefined)[] {
  return rectangles
    .flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, i) =>
        curve.cluster(x + (i % width), y + Math.floor(i / width)),
      ),
    )
    .sort((a, b) => (a ?? -1) - (b ?? -1));
}

const numbers = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, i) => first + i);

describe('the rectangles of a stretch', () => {
  it('have its clusters, each once, and nothing else', () => {
    fc.assert(
      fc.property(curves, part, part, (curve, a, b) => {
        const first = Math.floor(Math.min(a, b) * curve.clusters);
        const end = Math.ceil(Math.max(a, b) * curve.clusters);
        const rectangles = rectanglesOf(curve, { first, end });
        expect(clustersOf(curve, rectangles)).toEqual(numbers(first, end));
        if (curve.name === 'rows') expect(rectangles.length).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('are few on the largest picture', () => {
    const curve = createCurve('hilbert', 2 ** 31);
    const rectangles = rectanglesOf(curve, { first: 1, end: 2 ** 31 - 1 });
    expect(rectangles.length).toBeLessThanOrEqual(6 * 16);
    expect(rectangles.reduce((sum, { width, height }) => sum + width * height, 0)).toBe(
      2 ** 31 - 2,
    );
  });

  it('have an outline that goes once between each cell inside and its neighbour outside', () => {
    fc.assert(
      fc.property(curves, part, part, (curve, a, b) => {
        const first = Math.floor(Math.min(a, b) * curve.clusters);
        const end = Math.max(first + 1, Math.ceil(Math.max(a, b) * curve.clusters));
        const within = (x: number, y: number): boolean => {
          const cluster = curve.cluster(x, y);
          return cluster !== undefined && cluster >= first && cluster < end;
        };
        const expected: string[] = [];
        for (const cluster of numbers(first, end)) {
          const { x, y } = curve.point(cluster);
          if (!within(x, y - 1)) expected.push(`across ${x} ${y}`);
          if (!within(x, y + 1)) expected.push(`across ${x} ${y + 1}`);
          if (!within(x - 1, y)) expected.push(`down ${x} ${y}`);
          if (!within(x + 1, y)) expected.push(`down ${x + 1} ${y}`);
        }
        const drawn = outlineOf(rectanglesOf(curve, { first, end })).flatMap(
          ({ x1, y1, x2, y2 }) =>
            y1 === y2
              ? numbers(x1, x2).map((x) => `across ${x} ${y1}`)
              : numbers(y1, y2).map((y) => `down ${x1} ${y}`),
        );
        expect(drawn.sort()).toEqual(expected.sort());
      }),
      { numRuns: 60 },
    );
  });
});

describe('the stretches in an area', () => {
  const areas = fc.tuple(curves, part, part, part, part).map(([curve, x, y, width, height]) => ({
    curve,
    area: {
      x: x * curve.width - 2,
      y: y * curve.height - 2,
      width: width * curve.width,
      height: height * curve.height,
    },
  }));

  it('are exact when every cluster counts', () => {
    fc.assert(
      fc.property(areas, ({ curve, area }) => {
        const covered = stretchesIn(curve, area, 0).flatMap(({ first, end }) =>
          numbers(first, end),
        );
        const expected = numbers(0, curve.clusters).filter((cluster) => {
          const { x, y } = curve.point(cluster);
          return (
            x + 1 > area.x && x < area.x + area.width && y + 1 > area.y && y < area.y + area.height
          );
        });
        expect(covered).toEqual(expected);
      }),
    );
  });

  it('are few, ascending and apart, and miss nothing, when gaps do not count', () => {
    fc.assert(
      fc.property(areas, fc.integer({ min: 1, max: 800 }), ({ curve, area }, grain) => {
        const stretches = stretchesIn(curve, area, grain);
        let before = -1;
        for (const { first, end } of stretches) {
          expect(first).toBeGreaterThan(before);
          expect(end).toBeGreaterThan(first);
          expect(end).toBeLessThanOrEqual(curve.clusters);
          before = end;
        }
        const covered = new Set(stretches.flatMap(({ first, end }) => numbers(first, end)));
        for (const { first, end } of stretchesIn(curve, area, 0))
          for (const cluster of numbers(first, end)) expect(covered.has(cluster)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
