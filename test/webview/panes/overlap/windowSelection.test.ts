import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCurve } from '../../../../src/core/picture/curve.js';
import { WindowGrid } from '../../../../src/core/picture/windowGrid.js';
import { windowOf } from '../../../../src/core/picture/windowNumber.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled } from '../../harness/editorPage.js';
import { hostedMail } from '../../harness/hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import { cellCentres, curveOn } from '../../harness/measure.js';

/** Pixels of a cluster, from close by. */
const SCALE = 12;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The window that the middle of the map lies in, as the strip tells. */
const windowInTheMiddle = async (page: Page): Promise<number> =>
  windowOf(Number(await page.getAttribute('.strip', 'aria-valuenow')));

/** Width and height of what is drawn over the map in the colour of a selection, in pixels. */
const outlined = (page: Page): Promise<{ readonly width: number; readonly height: number }> =>
  page.evaluate(() => {
    const [, overlays] = document.querySelectorAll<HTMLCanvasElement>('.heatmap canvas');
    const { width, height } = overlays;
    const data = overlays.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    const [xs, ys] = [new Set<number>(), new Set<number>()];
    for (let i = 0; i < data.length; i += 4) {
      if (![0xcc, 0xcc, 0xcc, 0xff].every((value, channel) => data[i + channel] === value))
        continue;
      xs.add((i / 4) % width);
      ys.add(Math.floor(i / 4 / width));
    }
    const extent = (all: Set<number>): number =>
      all.size === 0 ? 0 : 1 + Math.max(...all) - Math.min(...all);
    return { width: extent(xs), height: extent(ys) };
  });

interface Opened {
  readonly page: Page;
  readonly grid: WindowGrid;
}

/** Opens an image of some fifty windows with the Overlap tab, close to the first of them. */
async function withTable(test: (opened: Opened) => Promise<void>): Promise<void> {
  const image = hostedMail();
  const [facts] = image.events;
  const clusters = facts.type === 'facts' ? (facts.facts.geometry?.hostClusters ?? 0) : 0;
  const grid = new WindowGrid(createCurve('hilbert', clusters));
  const editor = await openEditor(browser, {
    image,
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    overlap: DEFAULT_OVERLAP,
    width: 1600,
    height: 900,
    state: {
      version: 1,
      camera: { view: 'host', curve: 'hilbert', x: 32, y: 32, scale: SCALE },
      pane: { open: true, width: 440, tab: 'overlap' },
    },
  });
  try {
    await settled(editor);
    await editor.page.locator('.window-rows .window-row').first().waitFor();
    await test({ page: editor.page, grid });
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

it('a window of the table is selected on the map, which goes there; and one of the map in the table', async () => {
  await withTable(async ({ page, grid }) => {
    await expect.poll(() => windowInTheMiddle(page)).toBe(0);
    expect(await outlined(page)).toEqual({ width: 0, height: 0 });

    // The last of them is far from the first.
    const last = grid.windows - 1;
    await page.locator('.window-table').focus();
    await page.keyboard.press('End');
    await page.locator(`#window-line-${last}`).waitFor();
    await page.locator(`#window-line-${last - 1}`).click();
    await expect.poll(() => windowInTheMiddle(page)).toBe(last - 1);
    const side = grid.place(last - 1).width * SCALE;
    await expect.poll(async () => (await outlined(page)).width).toBeGreaterThan(side - 4);
    expect((await outlined(page)).height).toBeLessThan(side + 8);

    // And back: from afar a click on the map selects the window under it.
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Fit the picture/ }).click();
    const fitted = new WindowGrid(await curveOn(page, 'hilbert', grid.curve.clusters, true));
    const { x, y, width } = fitted.place(7);
    const [at] = await cellCentres(
      page,
      [{ x: x + width / 2, y: y + width / 2 }],
      fitted.curve.filled,
    );
    await page.locator('.heatmap').click({ position: at });
    const selected = page.locator('.window-row.selected');
    await expect
      .poll(() => selected.locator('[data-column="window"] .number').textContent())
      .toBe('7');
    expect(await page.locator('.window-details h2').innerText()).toMatch(/^window 7/i);
    const [table, row] = [
      await page.locator('.window-table').boundingBox(),
      await selected.boundingBox(),
    ];
    expect(row?.y).toBeGreaterThanOrEqual(table?.y ?? Infinity);
    expect((row?.y ?? Infinity) + (row?.height ?? 0)).toBeLessThanOrEqual(
      (table?.y ?? 0) + (table?.height ?? 0),
    );
  });
});

it('no key is lost, however fast they come', async () => {
  await withTable(async ({ page }) => {
    await page.locator('.window-table').evaluate((table) => {
      for (let press = 0; press < 5; press++)
        table.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
    });
    await expect.poll(() => page.locator('.window-details h2').innerText()).toMatch(/^window 4$/im);
  });
});
