import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Point } from '../../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../../src/core/picture/windowGrid.js';
import { parseColour } from '../../../../webview/heatmap/palette.js';
import { hostedData, hostedMap } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';
import { hostedMail, withWindows } from '../../harness/hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import {
  cellCentres,
  curveOn,
  drawnByFrame,
  pixelsAt,
  zoomByFrames,
} from '../../harness/measure.js';
import { THEMES, themeLook, type Theme } from '../../harness/themes.js';
import type { OverlapOptions } from '../../../../src/protocol/shapes.js';

const SIZE = { width: 1600, height: 900 };
/** The windows are on the map while somebody looks at them. */
const OVERLAP_OPEN = { version: 1, pane: { open: true, width: 340, tab: 'overlap' } };
const TIGHT: OverlapOptions = { ...DEFAULT_OVERLAP, totalSizeLimit: '24K' };
const CURVES = ['hilbert', 'rows'] as const;

const withEditor = editorTests(() => ({
  image: hostedMail(),
  overlap: DEFAULT_OVERLAP,
  state: OVERLAP_OPEN,
  ...SIZE,
}));

const CLUSTERS = clustersOf(hostedMail());

function clustersOf({ events }: ReturnType<typeof hostedMail>): number {
  const [facts] = events;
  return facts.type === 'facts' ? (facts.facts.geometry?.hostClusters ?? 0) : 0;
}

const gridOf = async (page: Page, curve: 'hilbert' | 'rows'): Promise<WindowGrid> =>
  new WindowGrid(await curveOn(page, curve, CLUSTERS, true));

/** A point just inside the upper edge of a window, where its outline is. */
async function edgeOf(page: Page, grid: WindowGrid, window: number): Promise<Point> {
  const { x, y, width } = grid.place(window);
  const [corner] = await cellCentres(
    page,
    [{ x: x - 0.5 + width / 2, y: y - 0.5 }],
    grid.curve.filled,
  );
  return { x: corner.x, y: Math.round(corner.y) + 0.5 };
}

/** How far a pixel is from a contributed colour, as the largest difference of a channel. */
function distance(pixel: readonly number[], colour: string, theme: Theme): number {
  const { red, green, blue } = parseColour(themeLook(theme).variables[`--vscode-qcow2-${colour}`]);
  return Math.max(...[red, green, blue].map((channel, i) => Math.abs(channel - pixel[i])));
}

/** The windows that the structures of a hosted image have in a form or with an exposure. */
function marksUnder(overlap: OverlapOptions): { cached: number[]; unprotected: number[] } {
  const answer = hostedMail().service.overlap({ options: overlap });
  if (answer.state !== 'built') throw new Error(`the structures are ${answer.state}`);
  const marks: { cached: number[]; unprotected: number[] } = { cached: [], unprotected: [] };
  for (let i = 0, window = 0; i < answer.marks.length; window += answer.marks[i + 1], i += 2) {
    for (let at = window; at < window + answer.marks[i + 1]; at++) {
      if (answer.marks[i] % 4 === 2) marks.cached.push(at);
      if (answer.marks[i] >= 4) marks.unprotected.push(at);
    }
  }
  return marks;
}

describe('the windows on the map', () => {
  it.each(CURVES)(
    'are outlined when they are cached, and go and come with W (%s)',
    async (curve) => {
      const { cached } = marksUnder(DEFAULT_OVERLAP);
      expect(cached).toHaveLength(16);
      const settings = { curve, renderer: 'canvas' } as const;
      await withEditor({ settings }, async ({ page }) => {
        const grid = await gridOf(page, curve);
        const whole = cached.filter((window) => !grid.isCut(window));
        const points = await Promise.all(whole.map((window) => edgeOf(page, grid, window)));
        const outlined = async (): Promise<number> =>
          (await pixelsAt(page, points, 'overlays')).filter(
            (pixel) => pixel[3] > 140 && distance(pixel, 'windowCached', 'dark') < 90,
          ).length;
        await expect.poll(outlined).toBe(points.length);
        await page.focus('.heatmap');
        await page.keyboard.press('w');
        await expect.poll(outlined).toBe(0);
        expect(await page.getAttribute('[data-toggle=windows]', 'aria-pressed')).toBe('false');
        expect(await page.locator('.legend [data-window]').count()).toBe(0);
        expect(await page.evaluate(() => window.kept)).toMatchObject({ windows: false });
        await page.click('[data-toggle=windows]');
        await expect.poll(outlined).toBe(points.length);
      });
    },
  );

  it.each(THEMES)('are hatched where a limit leaves them unprotected (%s)', async (theme) => {
    const overlap: OverlapOptions = { ...TIGHT, limitPolicy: 'fail' };
    const { unprotected } = marksUnder(overlap);
    expect(unprotected.length).toBeGreaterThan(40);
    await withEditor({ overlap, theme }, async ({ page }) => {
      const grid = await gridOf(page, 'hilbert');
      const [x, y] = [grid.place(unprotected[0]).x, grid.place(unprotected[0]).y];
      const row = Array.from({ length: 40 }, (_, i) => ({ x: x + 10 + i, y: y + 30 }));
      const points = await cellCentres(page, row, grid.curve.filled);
      // Lines with the map between them.
      const hatched = async (): Promise<string> => {
        const strong = (await pixelsAt(page, points, 'overlays')).filter((pixel) => pixel[3] > 120);
        return `${String(strong.length > 3)} ${String(points.length - strong.length > 15)}`;
      };
      await expect.poll(hatched).toBe('true true');
      expect(await page.textContent('.legend [data-window=lost] .count')).toBe('50');
    });
  });

  it('are none of them unprotected when the cached ones give way', async () => {
    expect(marksUnder(TIGHT).unprotected).toEqual([]);
    await withEditor({ overlap: TIGHT }, async ({ page }) => {
      expect(await page.locator('.legend [data-window=lost]').count()).toBe(0);
      expect(await page.textContent('.legend [data-window=cached] .count')).toBe('4');
    });
  });

  it('follow the settings at once', async () => {
    await withEditor({}, async (editor) => {
      const cached = editor.page.locator('.legend [data-window=cached] .count');
      expect(await cached.textContent()).toBe('16');
      await editor.post({
        type: 'overlapOptions',
        options: { ...DEFAULT_OVERLAP, bitmapSize: '32K' },
      });
      await expect.poll(() => cached.textContent()).toBe('8');
      await editor.post({
        type: 'overlapOptions',
        options: { ...DEFAULT_OVERLAP, bitmapSize: '-1' },
      });
      await expect.poll(() => editor.page.locator('.legend [data-window]').count()).toBe(0);
    });
  });

  it('are named under the pointer, and selected with the cluster', async () => {
    const { cached } = marksUnder(DEFAULT_OVERLAP);
    await withEditor({}, async ({ page, said }) => {
      const grid = await gridOf(page, 'hilbert');
      const { x, y } = grid.place(cached[0]);
      const [at] = await cellCentres(page, [{ x: x + 20, y: y + 40 }], grid.curve.filled);
      const box = await page.locator('.heatmap').boundingBox();
      await page.mouse.click((box?.x ?? 0) + at.x, (box?.y ?? 0) + at.y);
      expect(await page.textContent('.tooltip-window')).toMatch(
        new RegExp(`^window ${cached[0]}: cached bitmap, age \\d+$`),
      );
      await expect.poll(() => said.at(-1)).toMatchObject({ type: 'selected' });
      const edge = await edgeOf(page, grid, cached[0]);
      const { red, green, blue } = parseColour(
        themeLook('dark').variables['--vscode-editor-foreground'],
      );
      await expect
        .poll(async () => (await pixelsAt(page, [{ ...edge, y: edge.y - 1 }], 'overlays'))[0])
        .toEqual([red, green, blue, 255]);
    });
  });
});

describe('the strip', () => {
  const stripPixels = (page: Page, canvas: 0 | 1, x: number): Promise<number[][]> =>
    page.evaluate(
      ([index, column]) => {
        const { canvas: surface, data } = (() => {
          const layer = document.querySelectorAll<HTMLCanvasElement>('.strip canvas')[index];
          const context = layer.getContext('2d');
          if (!context) throw new Error('no 2D canvas');
          return { canvas: layer, data: context.getImageData(column, 0, 1, layer.height).data };
        })();
        return Array.from({ length: surface.height }, (_, y) =>
          Array.from(data.subarray(4 * y, 4 * y + 4)),
        );
      },
      [canvas, x] as const,
    );

  it('has the colour of the kind there is most of in each row', async () => {
    await withEditor({ image: withWindows(hostedMap(271_402, false)) }, async ({ page }) => {
      const kinds = async (): Promise<string> => {
        const rows = await stripPixels(page, 0, 12);
        const parts = ['data', 'compressed', 'unallocated'].map(
          (kind) =>
            rows.filter((pixel) => distance(pixel, kind, 'dark') === 0).length / rows.length,
        );
        const all = parts.reduce((sum, part) => sum + part, 0);
        return `${Number(all.toFixed(6))} ${parts.map((part) => part > 0.05).join(' ')}`;
      };
      await expect.poll(kinds).toBe('1 true true true');
    });
  });

  it('shows where windows are cached', async () => {
    const { cached } = marksUnder(DEFAULT_OVERLAP);
    await withEditor({}, async ({ page }) => {
      const windows = Math.ceil(CLUSTERS / 4096);
      const lit = async (): Promise<number[]> => {
        const column = await stripPixels(page, 0, 35);
        return Array.from({ length: windows }, (_, window) => window).filter((window) => {
          const pixel = column[Math.floor(((window + 0.5) / windows) * column.length)];
          return pixel[3] > 110 && distance(pixel, 'windowCached', 'dark') < 8;
        });
      };
      await expect.poll(lit).toEqual(cached);
    });
  });

  it('takes the map to a place, shows where it is, and is used by keys alone', async () => {
    await withEditor({}, async ({ page }) => {
      const strip = page.locator('.strip');
      const box = await strip.boundingBox();
      if (!box) throw new Error('no strip');
      const position = async (): Promise<number> =>
        Number(await strip.getAttribute('aria-valuenow'));
      const near = (part: number) => (at: number) => Math.abs(at / CLUSTERS - part) < 0.02;
      await page.mouse.click(box.x + 15, box.y + 0.75 * box.height);
      await expect.poll(async () => near(0.75)(await position())).toBe(true);
      await expect.poll(() => page.locator('.zoom-label').textContent()).toBe('4×');
      const bracket = async (): Promise<string> => {
        const rows = (await stripPixels(page, 1, 3)).flatMap((pixel, y) =>
          pixel[3] > 0 ? [y] : [],
        );
        const isThere = rows.some((y) => near(0.75)((y / box.height) * CLUSTERS));
        return `${String(rows.length > 4)} ${String(isThere)}`;
      };
      await expect.poll(bracket).toBe('true true');
      expect(await strip.getAttribute('aria-valuetext')).toMatch(
        /^cluster [\d,]+, host offset 0x[0-9a-f]+, \d+% of the file in view$/,
      );

      await strip.focus();
      await page.keyboard.press('Home');
      await expect.poll(position).toBe(0);
      await page.keyboard.press('PageDown');
      await expect.poll(position).toBeGreaterThan(CLUSTERS / 100);
      const before = await position();
      await page.keyboard.press('ArrowUp');
      await expect.poll(position).toBeLessThan(before);
      await page.keyboard.press('End');
      await expect.poll(position).toBe(CLUSTERS - 1);

      await page.mouse.move(box.x + 15, box.y + 100);
      await page.mouse.wheel(0, -200);
      await expect.poll(position).toBeLessThan(CLUSTERS - 1);
      await page.locator('.strip-tooltip .tooltip-text').waitFor();
      expect(await page.textContent('.strip-tooltip')).toContain('window');
    });
  });
});

describe('the frames', () => {
  // How long each takes is for test/webview/bench.
  it.each(CURVES)('are all drawn with half a million windows (%s)', async (curve) => {
    const image = withWindows(hostedData(2 ** 31 - 5000));
    const settings = { curve, renderer: 'canvas' } as const;
    await withEditor({ image, settings }, async (editor) => {
      const { page } = editor;
      const drawn = await drawnByFrame(page, async () => {
        await page.evaluate(zoomByFrames, { deltas: new Array<number>(40).fill(-90) });
        await page.evaluate(zoomByFrames, { deltas: new Array<number>(40).fill(90) });
      });
      expect(drawn.length).toBeGreaterThanOrEqual(80);
    });
  });
});
