import { DEFAULT_OVERLAP } from '../session/defaults.js';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABS } from '../../webview/state/viewState.js';
import { NO_OBJECTIONS, objections } from './harness/axe.js';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { openEditor, settled } from './harness/editorPage.js';
import { hostedSample } from './harness/hostedImages.js';
import { hostCluster } from '../../src/core/units.js';

const OVERLAP = DEFAULT_OVERLAP;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it('axe-core objects to nothing in any tab, with a table marked and a note shown', async () => {
  const editor = await openEditor(browser, {
    image: hostedSample('database-damaged.qcow2'),
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 700,
    overlap: OVERLAP,
    caches: { cacheSize: '', l2CacheSize: '64K', l2CacheEntrySize: '', refcountCacheSize: '' },
  });
  const { page } = editor;
  try {
    await settled(editor);
    await editor.post({ type: 'reveal', cluster: hostCluster(0) });
    await page.locator('.cluster').waitFor();
    await editor.post({ type: 'command', command: 'showMapped' });
    await page.locator('.note').waitFor();
    for (const tab of TABS) {
      await page.click(`#tab-${tab}`);
      await settled(editor);
      expect(await objections(editor), tab).toEqual(NO_OBJECTIONS);
    }
    await page.click('.views [data-view=beside]');
    await page.locator('.map[data-view=guest] .heatmap').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await page.locator('.held-kinds').waitFor();
    expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    expect(editor.errors).toEqual([]);
  } finally {
    await page.close();
  }
});
