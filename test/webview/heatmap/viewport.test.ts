import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCurve } from '../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import { TileStore } from '../../../webview/heatmap/tiles/tileStore.js';
import { Viewport } from '../../../webview/heatmap/viewport.js';

const SIZE = { width: 900, height: 700 };

function viewportOver(name: 'hilbert' | 'rows', clusters: number): Viewport {
  const tiles = new TileStore(
    () => Promise.reject(new Error('no tiles here')),
    () => undefined,
  );
  tiles.reset({ view: 'host', layer: 'kinds', curve: name, clusters }, undefined);
  const viewport = new Viewport(tiles);
  viewport.resize(SIZE);
  return viewport;
}

const cases = fc.tuple(
  fc.constantFrom('hilbert', 'rows'),
  fc.integer({ min: 2 ** 14, max: 2 ** 31 }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

describe('the viewport', () => {
  it('brings any window into view, large enough to be seen, and then stays', () => {
    fc.assert(
      fc.property(cases, ([name, clusters, where]) => {
        const viewport = viewportOver(name, clusters);
        const grid = new WindowGrid(createCurve(name, clusters));
        const window = Math.min(grid.windows - 1, Math.floor(where * grid.windows));
        const place = grid.bounds(window);
        viewport.showRectangle(place);
        const { x, y } = viewport.toView({
          x: place.x + place.width / 2,
          y: place.y + place.height / 2,
        });
        expect(x >= 0 && x <= SIZE.width && y >= 0 && y <= SIZE.height).toBe(true);
        const wide = Math.max(place.width, place.height) * viewport.camera.scale;
        expect(wide).toBeGreaterThanOrEqual(40);
        const { camera } = viewport;
        viewport.showRectangle(place);
        expect(viewport.camera).toBe(camera);
      }),
    );
  });

  it('looks at a cluster from close by', () => {
    fc.assert(
      fc.property(cases, ([name, clusters, where]) => {
        const viewport = viewportOver(name, clusters);
        const curve = createCurve(name, clusters);
        const cell = curve.point(Math.min(clusters - 1, Math.floor(where * clusters)));
        viewport.lookAt(cell);
        expect(viewport.zoom).toBeCloseTo(4, 5);
        const { x, y } = viewport.toView({ x: cell.x + 0.5, y: cell.y + 0.5 });
        expect(x >= 0 && x <= SIZE.width && y >= 0 && y <= SIZE.height).toBe(true);
        viewport.lookAt(curve.point(0));
        expect(viewport.zoom).toBeCloseTo(4, 5);
      }),
    );
  });
});
