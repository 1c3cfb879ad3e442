import type { Browser } from 'playwright-core';
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

const image = hostedSample('database-damaged.qcow2');

async function withFindings(
  test: (editor: EditorPage) => Promise<void>,
  theme: Theme = 'dark',
): Promise<void> {
  const editor = await openEditor(browser, {
    image,
    theme,
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 700,
    state: { version: 1, pane: { open: true, width: 400, tab: 'findings' } },
  });
  try {
    await settled(editor);
    await editor.page.locator('.finding').first().waitFor();
    await test(editor);
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

describe('the findings pane', () => {
  it('counts the kinds, and lists one of them', async () => {
    await withFindings(async ({ page }) => {
      await page.locator('.kind-filter.more').click();
      const chip = page.locator('.kind-filter', { hasText: 'L2 unaligned' });
      const { total } = image.service.findings({
        from: 0,
        count: 0,
        severity: undefined,
        code: 'l2-unaligned',
      });
      expect(await chip.innerText()).toBe(`L2 unaligned ${total}`);
      await chip.click();
      await expect.poll(() => page.locator('.finding-slot').count()).toBe(total);
      const codes = await page
        .locator('.finding')
        .evaluateAll((lines) => lines.map((line) => line.getAttribute('data-code')));
      expect(new Set(codes)).toEqual(new Set(['l2-unaligned']));
      await chip.click();
      await expect.poll(() => page.locator('.finding').count()).toBeGreaterThan(total);
    });
  });

  it('explain a finding under it, and name who claims the cluster', async () => {
    await withFindings(async ({ page, said }) => {
      await page.locator('.kind-filter', { hasText: 'refcount too low' }).click();
      const lines = page.locator('.finding-slot');
      await expect
        .poll(() => lines.locator('[data-code="refcount-too-low"]').count())
        .toBeGreaterThan(5);
      await lines.first().locator('.finding').click();
      const details = page.locator('.finding-details');
      await details.locator('.owners > li').first().waitFor();
      expect(await details.innerText()).toContain('raises the refcount');
      expect(said.some(({ type }) => type === 'selected')).toBe(true);
      const bottom = async () => {
        const box = await details.boundingBox();
        return (box?.y ?? 0) + (box?.height ?? 0);
      };
      const next = async () => (await lines.nth(1).boundingBox())?.y ?? 0;
      await expect.poll(async () => Math.abs((await next()) - (await bottom()))).toBeLessThan(1.5);
      await lines.first().locator('.finding').click();
      await expect.poll(() => details.count()).toBe(0);
    });
  });

  it('name who refers to a cluster that the file does not have', async () => {
    await withFindings(async ({ page }) => {
      await page.locator('.kind-filter', { hasText: 'past end' }).click();
      await page.locator('[data-code="past-end"]').first().click();
      const owners = page.locator('.finding-details .owners');
      await expect.poll(() => owners.innerText()).toContain('L2 entry');
    });
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    await withFindings(async (editor) => {
      const { page } = editor;
      await page.locator('.finding').nth(1).click();
      await page.locator('.finding-details .owners > li').first().waitFor();
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    });
  });
});
