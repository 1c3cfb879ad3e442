import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../../harness/editorPage.js';
import { hostedSample } from '../../harness/hostedImages.js';
import type { Theme } from '../../harness/themes.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const damaged = hostedSample('database-damaged.qcow2');

async function withStructures(
  test: (editor: EditorPage) => Promise<void>,
  theme: Theme = 'dark',
): Promise<void> {
  const editor = await openEditor(browser, {
    image: damaged,
    theme,
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 700,
    state: { version: 1, pane: { open: true, width: 420, tab: 'tree' } },
  });
  try {
    await settled(editor);
    await row(editor.page, 'Header').waitFor();
    await test(editor);
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

const row = (page: Page, label: string) =>
  page.locator('.tree-row', { has: page.getByText(label, { exact: true }) }).first();
/** A row that moves down while it is clicked would be another one. */
async function openHeader(page: Page): Promise<void> {
  await row(page, 'Header').click();
  await row(page, 'magic').waitFor();
}
const active = (page: Page) =>
  page.evaluate(() => {
    const id = document.querySelector('[role=tree]')?.getAttribute('aria-activedescendant');
    return document.getElementById(id ?? '')?.querySelector('.tree-label')?.textContent;
  });

describe('the Structures tab', () => {
  it('walks the tree by keys', async () => {
    await withStructures(async (editor) => {
      const { page } = editor;
      await page.locator('[role=tab]').last().focus();
      await page.keyboard.press('Tab');
      expect(await active(page)).toBe('Header');
      const press = async (...keys: string[]): Promise<string | undefined> => {
        for (const key of keys) await page.keyboard.press(key);
        await settled(editor);
        return (await active(page)) ?? undefined;
      };
      await press('ArrowRight');
      await row(page, 'magic').waitFor();
      expect(await press('ArrowRight')).toBe('magic');
      expect(await press('ArrowDown', 'ArrowDown')).toBe('backing_file_offset');
      expect(await press('ArrowLeft')).toBe('Header');
      expect(await row(page, 'Header').getAttribute('aria-expanded')).toBe('true');
      expect(await press('ArrowLeft', 'ArrowDown')).toBe('Header extensions');
      expect(await press('End')).toBe('Bitmap directory');
      expect(await press('Home')).toBe('Header');
    });
  });

  it('shows the cluster of an offset on the map, and stays', async () => {
    await withStructures(async ({ page, said }) => {
      await row(page, 'Active L1').locator('.link').click();
      await expect.poll(() => said).toContainEqual({ type: 'selected', cluster: 3 });
      await page.locator('.tree').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await expect.poll(() => said).toContainEqual({ type: 'selected', cluster: 1 });
      expect(await page.locator('[role=tree]').count()).toBe(1);
    });
  });

  it('copies the bytes of a field as hex', async () => {
    await withStructures(async ({ page, said }) => {
      await row(page, 'Header').click();
      await row(page, 'magic').click();
      await page.getByLabel('Copy the bytes as hex').click();
      await page.locator('.tree').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Control+c');
      await expect.poll(() => said).toContainEqual({ type: 'copy', text: '51 46 49 fb' });
      expect(said).toContainEqual({ type: 'copy', text: '00 00 00 03' });
    });
  });

  it('builds only the rows in sight of a table, and fetches them as they come', async () => {
    await withStructures(async ({ page }) => {
      await row(page, 'Active L1').click();
      await row(page, '0').click();
      await page.locator('.tree').focus();
      await expect.poll(() => page.locator('[aria-level="3"]').count()).toBeGreaterThan(10);
      const height = await page.locator('.tree-space').evaluate((space) => space.clientHeight);
      expect(height).toBeGreaterThan(200 * 22);
      await page.locator('.tree').evaluate((tree) => {
        tree.scrollTop = 150 * 22;
      });
      await expect.poll(() => page.locator('[aria-posinset="150"]').innerText()).toContain('0x');
      expect(await page.locator('.tree-row').count()).toBeLessThan(60);
    });
  });

  it('keeps the selected line in sight when the details grow over it', async () => {
    await withStructures(async ({ page }) => {
      const label = '0: backup';
      await openHeader(page);
      await row(page, 'Bitmap directory').click();
      await row(page, label).click();
      const line = await row(page, label).boundingBox();
      const details = await page.locator('.node-details').boundingBox();
      expect((line?.y ?? 0) + 22).toBeLessThanOrEqual((details?.y ?? 0) + 1);
      expect(await page.locator('.node-trouble').innerText()).toContain('left in use');
    });
  });

  it('shows what the header of a refused image says, with the reason at its field', async () => {
    const editor = await openEditor(browser, {
      image: hostedSample('cluster-bits-40.qcow2'),
      theme: 'dark',
      settings: { curve: 'hilbert', renderer: 'canvas' },
      width: 1000,
      height: 800,
    });
    const { page, said } = editor;
    await row(page, 'Header').click();
    const field = row(page, 'cluster_bits');
    expect(await field.innerText()).toContain('expected 9 to 21');
    await field.locator('.link').click();
    await expect.poll(() => said).toContainEqual({ type: 'openHex', offset: 20 });
    expect(editor.errors).toEqual([]);
    await page.close();
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    await withStructures(async (editor) => {
      const { page } = editor;
      await openHeader(page);
      await row(page, 'Bitmap directory').click();
      await row(page, '0: backup').click();
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    });
  });
});
