import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunFilter } from '../../../../src/core/inspect/fileRuns.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../../harness/editorPage.js';
import { hostedSample } from '../../harness/hostedImages.js';
import { countText, sizeText } from '../../../../src/core/numbers.js';
import { hostCluster } from '../../../../src/core/units.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const image = hostedSample('database-damaged.qcow2');
const ranges = (filter?: RunFilter) =>
  image.service.ranges({ filter, order: 'place', from: 0, count: 500, at: undefined });

async function withRanges(test: (editor: EditorPage) => Promise<void>): Promise<void> {
  const editor = await openEditor(browser, {
    image,
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 700,
    state: { version: 1, pane: { open: true, width: 420, tab: 'ranges' } },
  });
  try {
    await settled(editor);
    await editor.page.locator('#range-0 .mono:not([data-column])').waitFor();
    await test(editor);
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

const chosen = (page: Page): Promise<string | null> =>
  page.getAttribute('.range-grid', 'aria-activedescendant');

describe('the table of ranges', () => {
  it('says what the command line says', async () => {
    await withRanges(async ({ page }) => {
      const { runs, total } = ranges();
      expect(await page.getAttribute('.range-grid', 'aria-rowcount')).toBe(String(total + 1));
      for (const index of [0, 1, 7]) {
        const cells = await page.locator(`#range-${index} [role=gridcell]`).allInnerTexts();
        const { offset, clusters } = runs[index];
        expect(cells[0]).toBe(`0x${offset.toString(16)}`);
        expect(cells).toContain(countText(clusters));
        expect(cells).toContain(sizeText(clusters * 65_536));
        const all = await page.locator(`#range-${index} [role=gridcell]`).allTextContents();
        expect(all[1]).toBe(`0x${(offset + clusters * 65_536).toString(16)}`);
        expect(all[4]).toMatch(/^[<>]? ?[\d.]+ %$/);
      }
    });
  });

  it('is sorted by size, and back', async () => {
    await withRanges(async ({ page }) => {
      const { runs } = image.service.ranges({
        filter: undefined,
        order: 'size',
        from: 0,
        count: 500,
        at: undefined,
      });
      const sizes = runs.map(({ clusters }) => clusters);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      expect([...runs].sort((a, b) => a.offset - b.offset)).toEqual(ranges().runs);
      const first = (offset: number) =>
        page.locator('#range-0 [role=gridcell]', { hasText: `0x${offset.toString(16)}` }).first();
      await page.getByRole('button', { name: 'Size', exact: true }).click();
      await first(runs[0].offset).waitFor();
      expect(await page.locator('[aria-sort=descending]').innerText()).toContain('Size');
      await page.getByRole('button', { name: 'Host offset' }).click();
      await first(ranges().runs[0].offset).waitFor();
    });
  });

  it('is walked by keys, and the map goes along', async () => {
    await withRanges(async ({ page, said }) => {
      const { runs, total } = ranges();
      const clusterOf = (index: number): number => runs[index].offset / 65_536;
      await page.focus('#tab-ranges');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await expect.poll(() => chosen(page)).toBe('range-0');
      // All at once, as when drawing is slower than the keys come.
      await page.locator('.range-grid').evaluate((grid) => {
        for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp'])
          grid.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      });
      await expect.poll(() => chosen(page)).toBe('range-1');
      await expect
        .poll(() => said.findLast(({ type }) => type === 'selected'))
        .toEqual({ type: 'selected', cluster: clusterOf(1) });
      // A step is no place to come back to; Enter makes it one.
      expect(said).not.toContainEqual({ type: 'history', back: true, forward: false });
      await page.keyboard.press('Enter');
      await page.keyboard.press('End');
      await expect.poll(() => chosen(page)).toBe(`range-${total - 1}`);
      await page.locator(`#range-${total - 1} .mono:not([data-column])`).waitFor();
      await page.keyboard.press('Enter');
      await expect.poll(() => said).toContainEqual({ type: 'history', back: true, forward: false });
    });
  });

  it('lists one kind, or what is wrong', async () => {
    await withRanges(async ({ page }) => {
      const { total } = ranges({ type: 'kind', kind: 'active-l2' });
      await page.getByLabel('Which ranges are listed').selectOption({ label: 'active L2 (13)' });
      await expect
        .poll(() => page.locator('.range-filter [role=status]').textContent())
        .toBe(`${total} ranges`);
      const kinds = await page.locator('.range-row .range-kinds').allInnerTexts();
      expect(kinds.every((text) => text.includes('active L2'))).toBe(true);
      const twice = ranges({ type: 'claimed-twice' });
      await page.getByLabel('Which ranges are listed').selectOption({ index: 2 });
      await expect
        .poll(() => page.locator('.range-filter [role=status]').textContent())
        .toBe(`${twice.total} ranges`);
    });
  });

  it('lists all that is wrong, and nothing else', async () => {
    await withRanges(async ({ page }) => {
      const wrong = ranges({ type: 'wrong' });
      await page
        .getByLabel('Which ranges are listed')
        .selectOption({ label: 'only what is wrong' });
      await expect
        .poll(() => page.locator('.range-filter [role=status]').textContent())
        .toBe(`${wrong.total} ranges`);
      const parts = (['claimed-twice', 'too-low', 'leak'] as const).map((type) => ranges({ type }));
      const clusters = ({ runs }: typeof wrong): number =>
        runs.reduce((sum, run) => sum + run.clusters, 0);
      expect(clusters(wrong)).toBeGreaterThanOrEqual(Math.max(...parts.map(clusters)));
      expect(clusters(wrong)).toBeLessThan(clusters(ranges()));
    });
  });

  it('follows what is selected on the map', async () => {
    await withRanges(async (editor) => {
      const { page } = editor;
      const { position } = image.service.ranges({
        filter: undefined,
        order: 'place',
        from: 0,
        count: 0,
        at: hostCluster(2000),
      });
      await editor.post({ type: 'reveal', cluster: hostCluster(2000) });
      await page.click('#tab-ranges');
      await expect.poll(() => chosen(page)).toBe(`range-${position}`);
      await page.locator(`#range-${position} .mono:not([data-column])`).waitFor();
      expect(await page.locator('.range-row').count()).toBeLessThan(80);
    });
  });
});
