import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KINDS } from '../../src/core/map/kinds.js';
import { KIND_TEXT } from '../../src/core/map/kinds.js';
import { legendClaims, legendCounts, number } from './legend.js';
import { takenAway } from './takenAway.js';
import { check, clustersByType, layout, RealImages, type Run } from './realImages.js';
import { type Theme, THEMES, Workbench } from './workbench.js';

const CLUSTER = { plain: 65_536, varied: 4096 };

const images = new RealImages();
const plain = images.plain('plain.qcow2');
const varied = images.varied('varied.qcow2');
images.small('small.qcow2');
const damaged = images.sample('database-damaged.qcow2');
images.sample('not-qcow2.qcow2');
let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.start(images.folder);
});
afterAll(async () => {
  await workbench.stop();
  images.dispose();
});
afterEach(async () => {
  await workbench.close();
});

/** Runs a test that leaves a picture of the window behind when it fails. */
function inVsCode(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    try {
      await body();
    } catch (error) {
      await workbench.picture(`failed-${name.replaceAll(/\W+/g, '-')}`);
      throw error;
    }
  });
}

/** The run of the layout that a cluster belongs to. */
function runOf(runs: readonly Run[], cluster: number, clusterSize: number): Run | undefined {
  const offset = cluster * clusterSize;
  return runs.findLast((run) => run.offset <= offset);
}

describe('the legend', () => {
  inVsCode('counts as qemu-img check and our command line do', async () => {
    const counts = await legendCounts(await workbench.open('plain.qcow2'));
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(clustersByType(layout(plain))));
    const checked = check(plain);
    expect(counts.get('data')).toBe(checked.get('allocated-clusters'));
    const clusters = [...counts.values()].reduce((sum, n) => sum + n, 0);
    expect(clusters * CLUSTER.plain).toBe(checked.get('image-end-offset'));
  });

  inVsCode('counts snapshots, bitmaps and compressed clusters', async () => {
    const editor = await workbench.open('varied.qcow2');
    const counts = await legendClaims(editor);
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(clustersByType(layout(varied))));
    for (const kind of ['inactive-l1', 'inactive-l2', 'bitmap-directory', 'compressed']) {
      expect(counts.get(kind), kind).toBeGreaterThan(0);
    }
    // A cluster of two kinds counts once.
    const once = [...(await legendCounts(editor)).values()].reduce((sum, n) => sum + n, 0);
    expect(once * CLUSTER.varied).toBe(check(varied).get('image-end-offset'));
  });

  inVsCode('shows one kind alone', async () => {
    const editor = await workbench.open('varied.qcow2');
    await legendCounts(editor);
    const entry = editor.locator('.legend [data-kind="active-l2"]');
    await entry.click();
    await expect.poll(() => entry.getAttribute('aria-pressed')).toBe('true');
    await entry.click();
    await expect.poll(() => entry.getAttribute('aria-pressed')).toBe('false');
  });
});

describe('the map', () => {
  /** Waits for the detail pane and compares it with the layout. */
  async function expectDetail(editor: FrameLocator): Promise<number> {
    const pane = editor.locator('article[data-cluster]');
    await pane.waitFor();
    const cluster = Number(await pane.getAttribute('data-cluster'));
    const run = runOf(layout(varied), cluster, CLUSTER.varied);
    const kinds = await pane.locator('.kind-list li').allTextContents();
    const named = [...KINDS, 'unallocated' as const].filter((kind) => run?.types.includes(kind));
    expect(kinds).toEqual(named.map((kind) => KIND_TEXT[kind]));
    const [offset, refcount, references] = await pane.locator('dd > .mono').allTextContents();
    expect(offset).toBe(`0x${(cluster * CLUSTER.varied).toString(16)}`);
    expect(number(refcount)).toBe(run?.refcount);
    expect(number(references)).toBe(run?.references);
    return cluster;
  }

  inVsCode('tells about the cluster that is clicked', async () => {
    const editor = await workbench.open('varied.qcow2');
    await legendCounts(editor);
    await editor.locator('.heatmap').click();
    const cluster = await expectDetail(editor);
    expect(cluster).toBeGreaterThan(0);
    await editor.locator('.owners li').first().waitFor();
  });

  inVsCode('goes by the keys', async () => {
    const editor = await workbench.open('varied.qcow2');
    await legendCounts(editor);
    await editor.locator('.heatmap').focus();
    await workbench.page.keyboard.press('Home');
    await workbench.page.keyboard.press('Enter');
    expect(await expectDetail(editor)).toBe(0);
  });

  inVsCode(
    'stands beside that of the disk; a range of it is counted as the layout has it',
    async () => {
      const editor = await workbench.open('varied.qcow2');
      await legendCounts(editor);
      await editor.getByRole('button', { name: 'Side by side' }).click();
      await editor.locator('.map[data-view=guest] .heatmap').waitFor();
      await editor.locator('.map[data-view=host] .heatmap').focus();
      await workbench.page.keyboard.press('Home');
      await workbench.page.keyboard.press('Enter');
      await editor.locator('article[data-cluster="0"]').waitFor();
      await workbench.page.keyboard.press('Shift+End');
      await editor.locator('.held-kinds tfoot').waitFor();
      const total = layout(varied).reduce((sum, { clusters }) => sum + clusters, 0);
      expect(number(await editor.locator('.held-kinds tfoot td').first().textContent())).toBe(
        total,
      );
      await workbench.picture('editor-side-by-side');
      await editor.getByRole('button', { name: 'Host file' }).click();
      await expect.poll(() => editor.locator('.heatmap').count()).toBe(1);
    },
  );

  inVsCode('switches its curve', async () => {
    const editor = await workbench.open('varied.qcow2');
    await legendCounts(editor);
    const rows = editor.locator('[data-curve="rows"]');
    const map = editor.locator('.heatmap');
    const before = await map.screenshot();
    await rows.click();
    await expect.poll(() => rows.getAttribute('aria-pressed')).toBe('true');
    await expect.poll(async () => (await map.screenshot()).equals(before)).toBe(false);
    await workbench.picture('editor-rows');
    await editor.locator('[data-curve="hilbert"]').click();
    await expect.poll(() => rows.getAttribute('aria-pressed')).toBe('false');
  });
});

describe('the overlap structures', () => {
  inVsCode('change with a setting, which VS Code keeps', async () => {
    const editor = await workbench.open('small.qcow2');
    await legendCounts(editor);
    await editor.locator('#tab-overlap').click();
    const bitmaps = editor.locator('[data-memory="bitmaps"]');
    await bitmaps.waitFor();
    const before = number(await bitmaps.textContent());
    expect(before).toBeGreaterThan(4096);
    await editor.locator('.window-rows .window-row').first().click();
    await editor.locator('.fragment-row').first().waitFor();
    await workbench.picture('editor-overlap');
    const size = editor.locator('#bitmapSize');
    await size.fill('4K');
    await size.press('Enter');
    await expect.poll(async () => number(await bitmaps.textContent())).toBe(4096);
    expect(await editor.locator('.slot').count()).toBe(1);
    await size.fill('64Q');
    await size.press('Enter');
    await editor.getByText('expects a non-negative number below 2^64').waitFor();
    await workbench.picture('editor-overlap-refused');
    await workbench.close();
    // It is a setting of VS Code's by now: an editor opened anew has it.
    const again = await workbench.open('small.qcow2');
    await again.locator('#tab-overlap').click();
    await expect.poll(() => again.locator('#bitmapSize').inputValue()).toBe('64Q');
    await again.locator('#bitmapSize').fill('64K');
    await again.locator('#bitmapSize').press('Enter');
    await expect
      .poll(async () => number(await again.locator('[data-memory="bitmaps"]').textContent()))
      .toBe(before);
  });
});

describe('troubled images', () => {
  inVsCode('what is wrong is what one sees first, and leads to the map', async () => {
    const editor = await workbench.open('database-damaged.qcow2');
    const cards = editor.locator('.overview .cause');
    await cards.first().waitFor({ timeout: 30_000 });
    expect(await editor.locator('#tab-overview').getAttribute('aria-selected')).toBe('true');
    expect(await editor.locator('.overview-verdict').getAttribute('data-verdict')).toBe('damaged');
    await cards.first().locator('.cause-body').waitFor();
    expect(await workbench.copied(() => editor.getByText('Copy Report').click())).toContain(
      '#### 1. ',
    );
    await cards.first().getByRole('button', { name: 'Show on Map' }).click();
    await editor.locator('#tab-cluster').click();
    await editor.locator('article[data-cluster]').waitFor();
    await editor.locator('#tab-overview').click();
    await workbench.picture('editor-overview');
  });

  inVsCode('a damaged image shows what qemu-img check counts', async () => {
    const editor = await workbench.open('database-damaged.qcow2');
    await legendCounts(editor);
    const checked = check(damaged);
    expect(checked.get('corruptions')).toBeGreaterThan(0);
    const chip = (what: string) => editor.locator('.chips li', { hasText: what }).textContent();
    expect(number(await chip('corruption'))).toBe(checked.get('corruptions'));
    expect(number(await chip('leak'))).toBe(checked.get('leaks'));
    await editor.locator('#tab-findings').click();
    await workbench.picture('editor-damaged');
  });

  inVsCode('the links of the Problems panel lead to the clusters', async () => {
    const editor = await workbench.open('database-damaged.qcow2');
    await legendCounts(editor);
    await workbench.run('Problems: Focus on Problems View');
    const rows = workbench.page.locator('.markers-panel .monaco-list-row');
    for (const code of ['l2-unaligned', 'l2-reserved-bits']) {
      const row = rows.filter({ hasText: code }).first();
      const text = (await row.textContent()) ?? '';
      const told = /\(cluster ([\d,]+), host offset/.exec(text)?.[1] ?? 'none';
      const cluster = told.replaceAll(',', '');
      await row.locator('a.monaco-link').click();
      await editor.locator(`article[data-cluster="${cluster}"]`).waitFor();
    }
    await workbench.picture('editor-problems');
    await workbench.run('View: Hide Panel');
  });

  inVsCode('findings name their owners, the tree shows the bytes', async () => {
    const editor = await workbench.open('database-damaged.qcow2');
    await legendCounts(editor);
    await workbench.useTheme('dark', editor);
    await editor.locator('#tab-findings').click();
    await editor.locator('[data-code="l2-unaligned"]').first().click();
    await editor.locator('.owners li').first().waitFor();
    await workbench.picture('editor-findings');
    await editor.locator('#tab-tree').click();
    await editor
      .getByRole('treeitem', { name: /Header/ })
      .first()
      .click();
    await workbench.page.keyboard.press('ArrowRight');
    await editor.getByRole('treeitem', { name: /incompatible_features/ }).waitFor();
    await workbench.picture('editor-structures');
    await workbench.useTheme('light', editor);
  });

  inVsCode('an image that changes says so in red until it is read again', async () => {
    const editor = await workbench.open('small.qcow2');
    await legendCounts(editor);
    const banner = editor.locator('.banner.error[data-changed]');
    expect(await banner.count()).toBe(0);
    appendFileSync(join(images.folder, 'small.qcow2'), Buffer.alloc(CLUSTER.plain));
    await banner.waitFor();
    await workbench.picture('editor-changed');
    await banner.getByRole('button', { name: 'Read again' }).click();
    await banner.waitFor({ state: 'detached' });
    await legendCounts(editor);
  });

  inVsCode('a file of another format says so', async () => {
    const editor = await workbench.open('not-qcow2.qcow2');
    await editor.getByText('cannot be shown as a qcow2 image').waitFor();
    await workbench.picture('editor-not-qcow2');
  });
});

takenAway({ inVsCode, workbench: () => workbench, image: 'varied.qcow2', folder: images.folder });

describe('the look', () => {
  inVsCode('follows the theme while the editor is open', async () => {
    const editor = await workbench.open('varied.qcow2');
    await legendCounts(editor);
    await editor.locator('.heatmap').click();
    await editor.locator('article[data-cluster]').waitFor();
    const seen = new Set<string>();
    const themes: readonly Theme[] = ['dark', 'light', 'hc', 'hc-light'];
    expect(themes.length).toBe(Object.keys(THEMES).length);
    for (const theme of themes) {
      await workbench.useTheme(theme, editor);
      const map = async (): Promise<string> =>
        (await editor.locator('.heatmap').screenshot()).toString('base64');
      await expect.poll(async () => seen.has(await map())).toBe(false);
      // Until it is painted to the end.
      let picture = await map();
      await expect.poll(async () => picture === (picture = await map())).toBe(true);
      seen.add(picture);
      await workbench.picture(`editor-${theme}`);
    }
    expect(seen.size).toBe(themes.length);
  });
});

describe('the webview', () => {
  inVsCode('breaks no policy and asks nobody outside, and we would see it', async () => {
    expect(workbench.violations).toEqual([]);
    expect(workbench.foreign).toEqual([]);
    const editor = await workbench.open('plain.qcow2');
    await editor.locator('body').evaluate((body) => {
      body.append(Object.assign(new Image(), { src: 'https://example.invalid/' }));
    });
    await expect.poll(() => workbench.violations.length).toBe(1);
  });
});
