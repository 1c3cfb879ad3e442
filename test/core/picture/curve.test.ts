import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createCurve,
  hilbertIndex,
  HilbertCurve,
  hilbertStep,
  RowCurve,
} from '../../../src/core/picture/curve.js';

const MOST = 2 ** 31;
const names = fc.constantFrom('hilbert', 'rows');

describe('every curve', () => {
  it('leads from a cluster to a cell inside the picture and back', () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: MOST }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (name, clusters, where) => {
          const curve = createCurve(name, clusters);
          const cluster = Math.min(clusters - 1, Math.floor(where * clusters));
          const { x, y } = curve.point(cluster);
          expect(x).toBeLessThan(curve.width);
          expect(y).toBeLessThan(curve.height);
          expect(curve.cluster(x, y)).toBe(cluster);
        },
      ),
    );
  });

  it('has each cluster on exactly one cell', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 3000 }), (name, clusters) => {
        const curve = createCurve(name, clusters);
        const seen: number[] = [];
        for (let y = 0; y < curve.height; y++) {
          for (let x = 0; x < curve.width; x++) {
            const cluster = curve.cluster(x, y);
            if (cluster !== undefined) seen.push(cluster);
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual([...new Array(clusters).keys()]);
      }),
      { numRuns: 30 },
    );
  });

  it('knows the part of the picture that has clusters', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 3000 }), (name, clusters) => {
        const curve = createCurve(name, clusters);
        const points = Array.from({ length: clusters }, (_, cluster) => curve.point(cluster));
        expect(curve.filled).toEqual({
          width: 1 + Math.max(...points.map(({ x }) => x)),
          height: 1 + Math.max(...points.map(({ y }) => y)),
        });
      }),
      { numRuns: 60 },
    );
  });

  it('has no cluster outside its picture', () => {
    for (const name of ['hilbert', 'rows'] as const) {
      const curve = createCurve(name, 1000);
      expect(curve.cluster(-1, 0)).toBeUndefined();
      expect(curve.cluster(0, curve.height)).toBeUndefined();
      expect(curve.cluster(curve.width, 0)).toBeUndefined();
    }
  });
});

describe('the Hilbert curve', () => {
  it('starts at the top left and ends at the top right', () => {
    for (let order = 1; order <= 15; order++) {
      expect(hilbertStep(order, 0)).toMatchObject({ x: 0, y: 0 });
      expect(hilbertStep(order, 4 ** order - 1)).toMatchObject({ x: 2 ** order - 1, y: 0 });
    }
  });

  it('goes from each cluster to a neighbour, across the second square too', () => {
    const curve = new HilbertCurve(2 * 4 ** 5);
    for (let cluster = 1; cluster < curve.clusters; cluster++) {
      const a = curve.point(cluster - 1);
      const b = curve.point(cluster);
      expect(Math.abs(a.x - b.x) + Math.abs(a.y - b.y)).toBe(1);
    }
  });

  it('fills more than half of a square or of two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: MOST }), (clusters) => {
        const { width, height } = new HilbertCurve(clusters);
        expect([1, 2]).toContain(width / height);
        expect(clusters).toBeLessThanOrEqual(width * height);
        expect(2 * clusters).toBeGreaterThan(width * height);
      }),
    );
  });

  it('reads the index inside a turned square', () => {
    for (let orientation = 0; orientation < 4; orientation++) {
      const seen = new Set<number>();
      for (let y = 0; y < 8; y++)
        for (let x = 0; x < 8; x++) seen.add(hilbertIndex(3, x, y, orientation));
      expect(seen.size).toBe(64);
    }
  });
});

/** Some clusters, and squares for them to lie in. */
const arranged = (most: number): fc.Arbitrary<HilbertCurve> =>
  fc
    .tuple(fc.integer({ min: 1, max: most }), fc.nat(4), fc.integer({ min: 1, max: 12 }))
    .map(([clusters, smaller, columns]) => {
      const order = Math.max(0, new HilbertCurve(clusters).order - smaller);
      const squares = Math.ceil(clusters / 4 ** order);
      return new HilbertCurve(clusters, { order, columns: Math.min(columns, squares) });
    });

describe('squares of the Hilbert curve side by side', () => {
  it('hold each cluster on exactly one cell, and know how far they reach', () => {
    fc.assert(
      fc.property(arranged(2000), (curve) => {
        const seen: number[] = [];
        let [width, height] = [0, 0];
        for (let y = 0; y < curve.height; y++)
          for (let x = 0; x < curve.width; x++) {
            const cluster = curve.cluster(x, y);
            if (cluster === undefined) continue;
            seen.push(cluster);
            expect(curve.point(cluster)).toEqual({ x, y });
            [width, height] = [Math.max(width, x + 1), Math.max(height, y + 1)];
          }
        expect(seen.sort((a, b) => a - b)).toEqual([...new Array(curve.clusters).keys()]);
        expect(curve.filled).toEqual({ width, height });
      }),
      { numRuns: 60 },
    );
  });

  it('never jump: from each cluster to a neighbour, across squares and rows of squares', () => {
    fc.assert(
      fc.property(arranged(3000), (curve) => {
        for (let cluster = 1; cluster < curve.clusters; cluster++) {
          const [a, b] = [curve.point(cluster - 1), curve.point(cluster)];
          if (Math.abs(a.x - b.x) + Math.abs(a.y - b.y) !== 1)
            throw new Error(`${cluster} is not beside the cluster before`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('lead there and back in a picture of any size', () => {
    fc.assert(
      fc.property(arranged(MOST), fc.double({ min: 0, max: 1, noNaN: true }), (curve, where) => {
        const cluster = Math.min(curve.clusters - 1, Math.floor(where * curve.clusters));
        const { x, y } = curve.point(cluster);
        expect(curve.cluster(x, y)).toBe(cluster);
      }),
    );
  });
});

describe('rows', () => {
  it('are a power of two wide, the picture from 3:4 to 3:1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 64, max: MOST }), (clusters) => {
        const { width, height } = new RowCurve(clusters);
        expect(Number.isInteger(Math.log2(width))).toBe(true);
        expect(width / height).toBeGreaterThan(0.7);
        expect(width / height).toBeLessThanOrEqual(3.01);
      }),
    );
  });
});
