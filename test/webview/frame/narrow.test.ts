import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hostedData, hostedSample } from '../harness/hostedImages.js';
import { editorTests } from '../harness/withEditor.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';

const damaged = hostedSample('database-damaged.qcow2');
/** A square on the Hilbert curve. */
const square = hostedData(2 ** 14);
const HEIGHT = 700;

const withEditor = editorTests(() => ({
  image: damaged,
  overlap: DEFAULT_OVERLAP,
  width: 1440,
  height: HEIGHT,
}));

/** What of these is not wholly in the window, or narrower than that many pixels. */
const hidden = (page: Page, selector: string, narrowest = 16): Promise<string[]> =>
  page.locator(selector).evaluateAll(
    (elements, least) =>
      elements
        .filter((element) => element.checkVisibility())
        .filter((element) => {
          const { left, right, top, bottom, width } = element.getBoundingClientRect();
          return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || width < least;
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    narrowest,
  );

/** Waits until what the pointer has changed is drawn. */
const drawn = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => {
          requestAnimationFrame(() => {
            resolve();
          });
        });
      }),
  );

describe.each([440, 640, 800, 1600])('an editor of %i pixels', (width) => {
  it('has all its tools and tabs in sight, and a map that is worth it', async () => {
    await withEditor({ width, image: damaged }, async ({ page }) => {
      await page.locator('[role=tab] .badge').waitFor();
      expect(await hidden(page, '.toolbar :is(button, select)')).toEqual([]);
      expect(await hidden(page, '.chip, .summary h1, [role=tab]')).toEqual([]);
      await page.locator('.axis li').nth(2).waitFor();
      expect(await hidden(page, '.axis li', 1)).toEqual([]);
      const map = await page.locator('.heatmap').boundingBox();
      expect(map?.width).toBeGreaterThan(280);
      expect(map?.height).toBeGreaterThan(width > 900 ? 400 : 150);
    });
  });

  it('tells about a cell beside it, wherever that is', async () => {
    await withEditor({ width, image: square }, async ({ page }) => {
      const map = await page.locator('.heatmap').boundingBox();
      if (!map) throw new Error('no map');
      const side = Math.min(map.width, map.height);
      for (const part of [-0.4, -0.1, 0.1, 0.4]) {
        await page.mouse.move(map.x + map.width / 2 + part * side, map.y + map.height / 2);
        await drawn(page);
        expect(await page.locator('.tooltip-text').count()).toBe(1);
        expect(await hidden(page, '.tooltip-text')).toEqual([]);
      }
    });
  });
});
