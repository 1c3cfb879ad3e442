import { expect, it } from 'vitest';
import { filmText } from '../../../../webview/panes/overlap/slotFilm.js';
import { hostedMail } from '../../harness/hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import { editorTests } from '../../harness/withEditor.js';

const withEditor = editorTests(() => ({
  image: hostedMail(),
  overlap: { ...DEFAULT_OVERLAP, bitmapSize: '8K' },
  state: { version: 1, pane: { open: true, width: 520, tab: 'overlap' } },
  width: 1400,
  height: 900,
}));

it('is a film of the slots that one steps through by arrows and clicks', async () => {
  await withEditor({}, async ({ page }) => {
    const film = page.locator('.film-picture');
    await film.waitFor();
    const all = Number(await film.getAttribute('aria-valuemax'));
    const now = async (): Promise<number> => Number(await film.getAttribute('aria-valuenow'));
    expect(await now()).toBe(all);
    expect(await film.locator('.film-eviction').count()).toBeGreaterThan(0);
    expect(await page.locator('.film-scale [role="status"]').innerText()).toMatch(/evictions? in/);
    await film.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(now).toBe(all - 1);
    await expect.poll(() => film.getAttribute('aria-valuetext')).toMatch(/ of .*, (enter|check) /);
    const box = await film.boundingBox();
    if (!box) throw new Error('the film is not shown');
    await page.mouse.click(box.x + 2, box.y + box.height / 2);
    await expect.poll(now).toBeLessThan(all - 60);
  });
});

it('brings the details of a window into sight, and leads back to the table', async () => {
  await withEditor({ height: 600 }, async ({ page }) => {
    const inSight = (selector: string): Promise<boolean> =>
      page.locator(selector).evaluate((element) => {
        const pane = element.closest('.overlap-scroll')?.getBoundingClientRect();
        const { top } = element.getBoundingClientRect();
        return pane !== undefined && top >= pane.top - 1 && top < pane.bottom;
      });
    await page.locator('.window-table .window-row:not(.head)').first().click();
    await page.locator('.window-details').waitFor();
    await expect.poll(() => inSight('.window-details .section-title')).toBe(true);
    await page.getByRole('button', { name: 'back to all' }).click();
    await expect.poll(() => inSight('.window-table .head')).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('window-table');
  });
});

it('says which windows go again and again', () => {
  const evictions = [3, 5, 3, 3, 5, 9].map((window, i) => ({ operation: i + 1, slot: 0, window }));
  const slots = [{ slot: 0, runs: [] }];
  expect(filmText({ from: 0, frames: 128, slots, slotCount: 1, evictions, evictionCount: 6 })).toBe(
    '1 slot, 6 evictions in 128 operations, window 3 3 times, window 5 2 times',
  );
  expect(
    filmText({ from: 0, frames: 1, slots, slotCount: 70, evictions: [], evictionCount: 0 }),
  ).toBe('1 of 70 slots, no eviction in 1 operation');
});
