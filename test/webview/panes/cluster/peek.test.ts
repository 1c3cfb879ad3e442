import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostCluster, hostOffset } from '../../../../src/core/units.js';
import { fieldsOf } from '../../../../webview/panes/cluster/peekFields.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled } from '../../harness/editorPage.js';
import { hostedSample } from '../../harness/hostedImages.js';

const SIZES = { extendedL2: false, refcountBits: 16, clusterSize: 65_536 };
const row = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe('the fields of a row', () => {
  const table = row(0x80, 0, 0, 0, 0, 5, 0, 0, 0x40, 0, 0, 0, 0, 0, 2, 0);

  it('are entries of an L2 table with their numbers and where they point', () => {
    expect(fieldsOf({ kinds: ['active-l2'], owners: [] }, table, 32, SIZES)).toEqual([
      { name: '[4]', target: 0x50000, text: undefined },
      { name: '[5]', target: undefined, text: 'compressed' },
    ]);
    const extended = { ...SIZES, extendedL2: true };
    expect(fieldsOf({ kinds: ['active-l2'], owners: [] }, table, 32, extended)).toEqual([
      { name: '[2]', target: 0x50000, text: undefined },
    ]);
  });

  it('are refcounts by cluster, in a block that is known', () => {
    const block = {
      type: 'refcount-block',
      index: 1,
      entryOffset: hostOffset(0),
      offset: hostOffset(0),
    } as const;
    const fields = fieldsOf(
      { kinds: ['refcount-block'], owners: [block] },
      row(0, 1, 0, 2),
      6,
      SIZES,
    );
    expect(fields.map(({ name, text }) => `${name} ${text ?? ''}`)).toEqual([
      '[32,771] 1',
      '[32,772] 2',
    ]);
  });

  it('are none of data, nor of what is two things at once', () => {
    expect(fieldsOf({ kinds: ['data'], owners: [] }, table, 0, SIZES)).toEqual([]);
    expect(fieldsOf({ kinds: ['data', 'active-l2'], owners: [] }, table, 0, SIZES)).toEqual([]);
  });
});

describe('the bytes of a cluster', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it('are shown in pages when they are asked for', async () => {
    const editor = await openEditor(browser, {
      image: hostedSample('corrupt-l1-overlap.qcow2'),
      theme: 'dark',
      settings: { curve: 'hilbert', renderer: 'canvas' },
      width: 1400,
      height: 900,
      state: { version: 1, pane: { open: true, width: 700, tab: 'cluster' } },
    });
    const { page } = editor;
    await settled(editor);
    await editor.post({ type: 'reveal', cluster: hostCluster(0) });
    await page.locator('.peek summary').click();
    const first = page.locator('.peek-rows tr').first();
    await expect.poll(() => first.innerText()).toMatch(/^0x0\s+51 46 49 fb .*QFI\./s);
    expect(await page.locator('.peek-rows tr').count()).toBe(32);
    await page.locator('.peek-rows').focus();
    await page.keyboard.press('PageDown');
    await expect.poll(() => first.innerText()).toMatch(/^0x200\s/);
    await page.keyboard.press('PageUp');
    await expect.poll(() => first.innerText()).toMatch(/^0x0\s/);
    await page.getByRole('button', { name: 'Structures', exact: true }).click();
    const shown = page.locator('.tree-row.selected');
    await expect.poll(() => shown.innerText()).toMatch(/^magic/);
    // What is selected elsewhere is followed: an L2 table to the entry of the L1 table.
    await editor.post({ type: 'reveal', cluster: hostCluster(4) });
    await page.getByRole('tab', { name: 'Structures' }).click();
    await expect.poll(() => shown.getAttribute('aria-level')).toBe('3');
    expect(editor.errors).toEqual([]);
    await page.close();
  });
});
