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

it('opens at a question mark and by its button, and closes by Escape', async () => {
  const editor = await openEditor(browser, {
    image: hostedSample('web-server.qcow2'),
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1000,
    height: 700,
  });
  const { page } = editor;
  await settled(editor);
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await page.locator('.heatmap').focus();
  await page.keyboard.press('?');
  await sheet.waitFor();
  await page.keyboard.press('Escape');
  await sheet.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Keys (?)' }).click();
  await sheet.waitFor();
  await sheet.getByRole('button', { name: 'Close (Esc)' }).click();
  await sheet.waitFor({ state: 'hidden' });
  expect(editor.errors).toEqual([]);
  await page.close();
});
