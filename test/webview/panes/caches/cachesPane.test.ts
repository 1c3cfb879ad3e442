import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hitsAt } from '../../../../src/core/caches/curve.js';
import { countText, shareText, sizeText } from '../../../../src/core/numbers.js';
import { formatSize } from '../../../../src/core/size.js';
import type { CachesDocument } from '../../../../src/protocol/caches.js';
import type { CachesQuery } from '../../../../src/protocol/questions.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import {
  type EditorPage,
  type HostedImage,
  openEditor,
  settled,
} from '../../harness/editorPage.js';
import { hostedFile } from '../../harness/hostedImages.js';

const CACHES = { cacheSize: '', l2CacheSize: '64K', l2CacheEntrySize: '', refcountCacheSize: '' };
const OVERLAP = DEFAULT_OVERLAP;
/** Where the pane begins. */
const DATABASE = 'database:ops=10K,block=8K,reads=70,size=64G,seed=1';

/** 256 MiB in clusters of 4 KiB: 128 L2 tables. */
const image: HostedImage = hostedFile(
  layOut(new ImageBuilder({ virtualSize: 2 ** 28, clusterBits: 12 }).write(0, 2 ** 16)),
  'lab.qcow2',
);

/** What the worker answers to the same. */
async function document(
  text: string,
  caches: Partial<typeof CACHES> = {},
): Promise<CachesDocument> {
  const query: CachesQuery = {
    workload: { kind: 'pattern', text },
    caches: { ...CACHES, ...caches },
    overlap: OVERLAP,
    cache: 'writeback',
    onMap: false,
  };
  for (;;) {
    const answer = await image.service.caches(query);
    if (answer.state === 'known') return answer;
    if (answer.state !== 'computing') throw new Error(answer.message);
    image.work?.();
  }
}

let browser: Browser;
let editor: EditorPage;
beforeAll(async () => {
  browser = await launchBrowser();
  editor = await openEditor(browser, {
    ...{ image, theme: 'dark', width: 1440, height: 900, overlap: OVERLAP, caches: CACHES },
    settings: { curve: 'hilbert', renderer: 'canvas' },
    state: { version: 1, pane: { open: true, width: 720, tab: 'caches' } },
  });
  await editor.page.locator('.curves').waitFor();
  await settled(editor);
});
afterAll(() => browser.close());

const card = (title: string): Locator =>
  editor.page.locator('.curve-card', {
    has: editor.page.getByRole('heading', { name: title }),
  });
const cell = (cache: string, what: string, column: number): Locator =>
  editor.page
    .locator('.counts tbody', { hasText: cache })
    .locator('tr', { hasText: what })
    .locator('td')
    .nth(column);
const missCell = (misses: number, lookups: number): string =>
  `${countText(misses)} (${shareText(misses, lookups)})`;

describe('the caches of an image', () => {
  it('have beside them what other layouts of the disk would need', async () => {
    const { layouts } = await document(DATABASE);
    const table = editor.page.locator('.layouts');
    await table.locator('summary').click();
    const [now] = layouts?.layouts.filter(({ isPresent }) => isPresent) ?? [];
    expect(await table.locator('tr.present > *').allTextContents()).toEqual([
      '4 KiB (now)',
      `${shareText(now.misses, now.lookups).replace(' %', '')} of 100`,
      ...[now.enough, now.full, now.refcounts].map(sizeText),
    ]);
    expect(await table.locator('tbody tr').count()).toBe(layouts?.layouts.length);
    await table.locator('summary').click();
  });

  it('are shown with the numbers of the worker, and the curve in a table', async () => {
    const { l2, refcount, advice } = await document(DATABASE);
    const { lookups, misses } = l2.counts;
    expect(await cell('L2 tables', 'misses', 0).textContent()).toBe(missCell(misses, lookups));
    expect(await cell('Refcount blocks', 'write-backs', 0).textContent()).toBe(
      countText(refcount.counts.writeBacks),
    );
    const share = shareText(misses, lookups).replace(' %', '');
    expect(await card('L2 tables').locator('.curve-reading').textContent()).toContain(
      `At 64 KiB ${share} of 100 miss.`,
    );
    expect(await editor.page.locator('.caches-verdict').first().textContent()).toMatch(
      `instead of ${share} of 100 look-ups miss.`,
    );
    const knee = advice.find(({ option }) => option === 'l2-cache-size')?.bytes ?? 0;
    expect(await card('L2 tables').locator('.flag').allTextContents()).toEqual([
      'now 64 KiB',
      `knee ${sizeText(knee)}`,
      'default = full 512 KiB',
    ]);
    await card('L2 tables').locator('summary').click();
    const row = card('L2 tables').locator('tbody tr', { hasText: 'knee' });
    const atKnee = lookups - hitsAt(l2.curve, knee);
    expect(await row.locator('td').first().textContent()).toBe(countText(atKnee));
  });

  it('are simulated anew at the size that the handle is moved to', async () => {
    const handle = card('L2 tables').getByRole('slider');
    await handle.focus();
    await editor.page.keyboard.press('PageUp');
    await settled(editor);
    const { l2 } = await document(DATABASE, { l2CacheSize: String(2 ** 17) });
    expect(await handle.getAttribute('aria-valuetext')).toContain('128 KiB');
    const text = missCell(l2.counts.misses, l2.counts.lookups);
    expect(await cell('L2 tables', 'misses', 1).textContent()).toBe(text);
    expect(await cell('L2 tables', 'evictions', 1).textContent()).toBe(
      countText(l2.counts.evictions),
    );
    await editor.page.getByRole('button', { name: 'Write to VS Code’s settings' }).click();
    expect(editor.said.at(-1)).toEqual({
      type: 'setCaches',
      options: { ...CACHES, l2CacheSize: '131072' },
    });
    await settled(editor);
    // What was tried is set now.
    expect(await cell('L2 tables', 'misses', 0).textContent()).toBe(text);
    expect(await cell('L2 tables', 'misses', 1).count()).toBe(0);
    await editor.post({ type: 'cacheOptions', options: CACHES });
    await settled(editor);
  });

  it('are told in words that can be copied and set', async () => {
    const { advice } = await document(DATABASE);
    const bytes = advice.find(({ option }) => option === 'l2-cache-size')?.bytes ?? 0;
    const line = editor.page.locator('.option-line');
    await line.getByRole('button', { name: 'Copy' }).click();
    expect(editor.said.at(-1)).toEqual({
      type: 'copy',
      text: `{"driver":"qcow2","l2-cache-size":${bytes}}`,
    });
    await line.getByRole('button', { name: 'VS Code' }).click();
    await line.getByRole('button', { name: 'Write settings' }).click();
    const set = editor.said.at(-1);
    if (set?.type !== 'setCaches') throw new Error(set?.type);
    expect(set.options).toEqual({ ...CACHES, l2CacheSize: formatSize(bytes) });
    await editor.post({ type: 'cacheOptions', options: CACHES });
    await settled(editor);
  });

  it('are compared under two workloads, and kept as a report', async () => {
    const { page } = editor;
    await page.getByRole('button', { name: 'Compare…' }).click();
    const form = page.locator('.caches-compare');
    await form.getByRole('combobox').selectOption('sequential');
    await form.getByLabel('requests').fill('5000');
    await form.getByRole('button', { name: 'Run' }).click();
    await settled(editor);
    const other = await document('sequential:ops=5000,block=4K,reads=70');
    expect(await cell('L2 tables', 'misses', 1).textContent()).toBe(
      missCell(other.l2.counts.misses, other.l2.counts.lookups),
    );
    await page.getByLabel('Export').selectOption('md');
    const saved = editor.said.at(-1);
    if (saved?.type !== 'saveFile') throw new Error(saved?.type);
    expect(saved.format).toBe('md');
    await page.getByRole('button', { name: 'Compare no more' }).click();
    await settled(editor);
    expect(await cell('L2 tables', 'misses', 1).count()).toBe(0);
  });

  it('light up the map', async () => {
    const { page } = editor;
    await page.locator('.layer-menu').selectOption('heat');
    await page.locator('.legend [data-kind=heat-7]').waitFor();
    expect(await page.locator('.legend [data-kind=heat-7] .name').textContent()).toMatch(
      /^[\d,]+–/,
    );
  });

  it('are asked about under a file that the user has chosen', async () => {
    const { page } = editor;
    await page.getByRole('button', { name: 'Change…' }).click();
    await page.getByRole('button', { name: 'Load file…' }).click();
    expect(editor.said.at(-1)).toEqual({ type: 'loadWorkload' });
    await editor.post({ type: 'workload', file: '/somewhere/traces/mail.iolog' });
    await settled(editor);
    expect(await page.locator('.caches-workload strong').textContent()).toBe('mail.iolog');
    // Here there are no files.
    expect(await page.locator('.caches .callout').textContent()).toContain('there are no files');
    // One that is dropped is asked for by its address.
    await page.locator('.caches').evaluate((pane) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/uri-list', '# files\r\nfile:///traces/b.iolog\r\n');
      pane.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    expect(editor.said.at(-1)).toEqual({ type: 'loadWorkload', uri: 'file:///traces/b.iolog' });
    // A log may be put beside another workload.
    await page.getByRole('button', { name: 'Compare…' }).click();
    await page.locator('.caches-compare').getByRole('button', { name: 'Load file…' }).click();
    expect(editor.said.at(-1)).toEqual({ type: 'loadWorkload', isSecond: true });
    await editor.post({ type: 'workload', file: '/traces/web.iolog', isSecond: true });
    expect(await page.locator('.caches-workload strong').textContent()).toBe('mail.iolog');
    await page.locator('.caches-compare').getByText('Compare no more').waitFor();
    expect(await page.evaluate(() => window.kept)).toMatchObject({
      lab: {
        workload: { kind: 'file', file: '/somewhere/traces/mail.iolog' },
        other: { kind: 'file', file: '/traces/web.iolog' },
        cache: 'writeback',
      },
    });
    expect(editor.errors).toEqual([]);
  });
});
