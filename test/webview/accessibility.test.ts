import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABS } from '../../webview/state/viewState.js';
import { launchBrowser, openEditor, settled } from './harness/editorPage.js';
import { hostedSample } from './harness/hostedImages.js';
import { THEMES } from './harness/themes.js';
import { hostCluster } from '../../src/core/units.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it.each(THEMES)(
  'axe-core objects to nothing in any tab, with a table marked and a note shown (%s)',
  async (theme) => {
    const axe = await readFile(
      createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
      'utf8',
    );
    const editor = await openEditor(browser, {
      image: hostedSample('database-damaged.qcow2'),
      theme,
      settings: { curve: 'hilbert', renderer: 'canvas' },
      width: 1200,
      height: 700,
    });
    const { page } = editor;
    try {
      await settled(editor);
      await page.addScriptTag({ content: axe });
      await editor.post({ type: 'reveal', cluster: hostCluster(0) });
      await page.locator('.cluster').waitFor();
      await editor.post({ type: 'command', command: 'showMapped' });
      await page.locator('.note').waitFor();
      for (const tab of TABS) {
        await page.click(`#tab-${tab}`);
        await settled(editor);
        const violations = await page.evaluate(() =>
          window.axe
            .run()
            .then((result) => result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)),
        );
        expect(violations, tab).toEqual([]);
      }
      await page.click('.views [data-view=beside]');
      await page.locator('.map[data-view=guest] .heatmap').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Shift+End');
      await page.locator('.held-kinds').waitFor();
      const beside = await page.evaluate(() =>
        window.axe
          .run()
          .then((result) => result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)),
      );
      expect(beside).toEqual([]);
      expect(editor.errors).toEqual([]);
    } finally {
      await page.close();
    }
  },
);
