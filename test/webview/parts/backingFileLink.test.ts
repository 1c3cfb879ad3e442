import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled } from '../harness/editorPage.js';
import { hostedSample } from '../harness/hostedImages.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it('is in Overview, and the legend of the guest names what is read from there', async () => {
  const editor = await openEditor(browser, {
    image: hostedSample('developer-overlay.qcow2'),
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 800,
    state: { version: 1, pane: { open: true, width: 420, tab: 'overview' } },
  });
  const { page, said } = editor;
  await settled(editor);
  await page.getByRole('button', { name: 'Guest disk' }).click();
  await page.locator('.legend', { hasText: 'from the backing file' }).waitFor();
  expect(said).not.toContainEqual({ type: 'openBackingFile' });
  await page.locator('.backed-by').getByRole('button', { name: 'web-server.qcow2' }).click();
  await expect.poll(() => said).toContainEqual({ type: 'openBackingFile' });
  expect(editor.errors).toEqual([]);
  await page.close();
});
