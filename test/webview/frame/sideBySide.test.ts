import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { settled } from '../harness/editorPage.js';
import { hostedData, hostedSample } from '../harness/hostedImages.js';
import { editorTests } from '../harness/withEditor.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';

const image = hostedSample('web-server.qcow2');
const ROOMY = { width: 1440, height: 900 };

const withEditor = editorTests(() => ({
  image,
  overlap: DEFAULT_OVERLAP,
  ...ROOMY,
}));

const sideBySide = { version: 1, beside: true };
const HOST = '.map[data-view=host] .heatmap';
const GUEST = '.map[data-view=guest] .heatmap';

/** How many pixels of the ribbons' canvas are painted. */
const painted = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.ribbons-canvas canvas');
    const context = canvas?.getContext('2d');
    if (!canvas || !context || canvas.width === 0) return 0;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((alpha, at) => at % 4 === 3 && alpha > 0).length;
  });

async function boxOf(
  page: Page,
  selector: string,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await page.locator(selector).boundingBox();
  if (!box) throw new Error(`no ${selector}`);
  return box;
}

/** Drags with Shift from one part of a map to another. */
async function dragOver(
  page: Page,
  selector: string,
  [fromX, fromY, toX, toY]: readonly [number, number, number, number],
): Promise<void> {
  const { x, y, width, height } = await boxOf(page, selector);
  await page.keyboard.down('Shift');
  await page.mouse.move(x + fromX * width, y + fromY * height);
  await page.mouse.down();
  await page.mouse.move(x + toX * width, y + toY * height, { steps: 5 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
}

/** The numbers of the first column of the totals, the sum last. */
const totals = (page: Page): Promise<number[]> =>
  page
    .locator('.held-kinds tr > td:nth-of-type(1)')
    .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent.replaceAll(',', ''))));

describe('file and disk side by side', () => {
  it('are chosen in the toolbar, kept, and left again', async () => {
    await withEditor({}, async ({ page }) => {
      await page.click('.views [data-view=beside]');
      await page.locator(GUEST).waitFor();
      expect(await page.locator('.heatmap').count()).toBe(2);
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.evaluate(() => window.kept)).toMatchObject({ beside: true });
      await page.locator('.layer-menu').selectOption('snapshots');
      await page.locator('.map[data-view=guest][data-layer=snapshots]').waitFor();
      await page.locator('.map[data-view=host][data-layer=snapshots]').waitFor();
      await page.click('.views [data-view=guest]');
      await page.locator('.map[data-view=guest]').waitFor();
      await expect.poll(() => page.locator('.heatmap').count()).toBe(1);
    });
  });

  it('select together: what is chosen in one is in the other', async () => {
    await withEditor({ state: sideBySide }, async (editor) => {
      const { page } = editor;
      await page.locator(GUEST).waitFor();
      await page.focus(GUEST);
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await page.locator('.cluster.guest[data-guest="0"]').waitFor();
      const host = await page.locator('.cluster:not(.guest)').getAttribute('data-cluster');
      expect(host).not.toBeNull();
      expect(await page.locator('.heatmap').count()).toBe(2);
      await page.keyboard.press('Escape');
      await page.focus(HOST);
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.locator('.cluster:not(.guest)').waitFor();
    });
  });

  it('are linked by ribbons: of a table, and of the range that is selected', async () => {
    await withEditor({ state: sideBySide }, async (editor) => {
      const { page } = editor;
      await page.locator(GUEST).waitFor();
      await settled(editor);
      expect(await painted(page)).toBe(0);
      const table = image.service.next({
        target: { type: 'kind', kind: 'active-l2' },
        from: undefined,
        direction: 1,
      })?.cluster;
      if (table === undefined) throw new Error('no table');
      await editor.post({ type: 'reveal', cluster: table });
      await expect.poll(() => painted(page)).toBeGreaterThan(100);
      const ofTable = await painted(page);
      await dragOver(page, GUEST, [0.1, 0.1, 0.9, 0.9]);
      await page.locator('.held[data-view=guest]').waitFor();
      await expect.poll(() => painted(page)).not.toBe(ofTable);
      await page.mouse.move(5, 5);
      await page.focus(GUEST);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('.held').count()).toBe(0);
    });
  });

  it('stand one above the other where there is little room, and nothing is cut', async () => {
    await withEditor({ state: sideBySide, width: 800, height: 900 }, async (editor) => {
      const { page } = editor;
      await page.locator(GUEST).waitFor();
      const [host, guest] = [await boxOf(page, HOST), await boxOf(page, GUEST)];
      expect(guest.y).toBeGreaterThan(host.y + host.height);
      expect(host.height).toBeGreaterThan(100);
      expect(guest.height).toBeGreaterThan(100);
      for (const strip of await page.locator('.between .strip').all()) {
        expect(await strip.getAttribute('aria-orientation')).toBe('horizontal');
        const box = await strip.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(800);
      }
    });
  });
});

describe('a range', () => {
  it('is dragged with Shift, counted, and outlined; the sum is that of its parts', async () => {
    await withEditor({}, async ({ page, said }) => {
      await dragOver(page, '.heatmap', [0.3, 0.3, 0.6, 0.6]);
      const held = page.locator('.held[data-view=host]');
      await held.waitFor();
      await page.locator('.held-kinds tfoot').waitFor();
      const first = Number(await held.getAttribute('data-first'));
      const end = Number(await held.getAttribute('data-end'));
      const numbers = await totals(page);
      expect(numbers.at(-1)).toBe(end - first);
      expect(numbers.slice(0, -1).reduce((sum, each) => sum + each, 0)).toBe(end - first);
      await page.getByRole('button', { name: 'Copy Offsets' }).click();
      const offset = (cluster: number): string => `0x${(cluster * 65_536).toString(16)}`;
      const to = `0x${(end * 65_536 - 1).toString(16)}`;
      await expect
        .poll(() => said.at(-1))
        .toEqual({ type: 'copy', text: `host ${offset(first)} to ${to}` });
      await page.click('[title="Zoom in (+)"]');
      await page.getByRole('button', { name: 'Zoom to Range' }).click();
      await expect.poll(() => page.locator('.zoom-label').textContent()).not.toBe('1×');
    });
  });

  it('is selected by keys alone: Shift with arrows, from where the cursor is', async () => {
    await withEditor({ image: hostedData(2 ** 14) }, async ({ page }) => {
      const held = page.locator('.held');
      await page.focus('.heatmap');
      await page.keyboard.press('Home');
      await page.keyboard.press('Shift+ArrowRight');
      await held.waitFor();
      const length = async (): Promise<number> =>
        Number(await held.getAttribute('data-end')) - Number(await held.getAttribute('data-first'));
      const before = await length();
      expect(before).toBeGreaterThan(1);
      expect(await held.getAttribute('data-first')).toBe('0');
      await page.keyboard.press('Shift+End');
      await expect.poll(length).toBe(2 ** 14);
      await page.keyboard.press('Enter');
      await page.locator('.cluster[data-cluster]').waitFor();
      expect(await held.count()).toBe(0);
    });
  });

  it('goes from the selected cluster to where one clicks with Shift', async () => {
    await withEditor({ image: hostedData(2 ** 14) }, async ({ page }) => {
      await page.focus('.heatmap');
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await page.locator('.cluster[data-cluster="0"]').waitFor();
      const { x, y, width, height } = await boxOf(page, '.heatmap');
      await page.keyboard.down('Shift');
      await page.mouse.click(x + width / 2, y + height / 2);
      await page.keyboard.up('Shift');
      await page.locator('.held[data-first="0"]').waitFor();
    });
  });
});

it('before there is anything to see, nothing can be done with it', async () => {
  await withEditor({ image: { ...image, events: [] } }, async (editor) => {
    const { page } = editor;
    await page.locator('.maps.blank').waitFor();
    expect(await page.locator('.toolbar button:not(.link):enabled').count()).toBe(2);
    expect(await page.locator('.layer-menu').isDisabled()).toBe(true);
    for (const event of image.events) await editor.post({ type: 'event', event });
    await page.locator('.maps:not(.blank)').waitFor();
    expect(await page.locator('.layer-menu').isEnabled()).toBe(true);
  });
});

it('a group of buttons is one stop for Tab, and arrows go through it', async () => {
  await withEditor({}, async ({ page }) => {
    const stops = page.locator('.toolbar :is(button, select)[tabindex="0"], .toolbar select');
    expect(await stops.count()).toBe(5);
    await page.focus('.views [tabindex="0"]');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() =>
        document.activeElement instanceof HTMLElement
          ? document.activeElement.dataset.view
          : undefined,
      );
    expect(await focused()).toBe('beside');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('host');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('SELECT');
    expect(await page.locator('.legend button[tabindex="0"]').count()).toBe(1);
  });
});
