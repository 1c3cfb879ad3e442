import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf } from '../../../../webview/panes/overlap/fragmentList.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../../harness/editorPage.js';
import { hostedMap, hostedWindows } from '../../harness/hostedImages.js';
import type { Theme } from '../../harness/themes.js';
import type { OverlapOptions } from '../../../../src/protocol/shapes.js';
import type { OverlapQuery } from '../../../../src/protocol/questions.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const image = hostedWindows();
const TIGHT: OverlapOptions = { ...DEFAULT_OVERLAP, bitmapSize: '8K', totalSizeLimit: '5000' };

interface Options {
  readonly overlap?: OverlapOptions;
  readonly theme?: Theme;
  readonly width?: number;
  readonly image?: Parameters<typeof openEditor>[1]['image'];
}

async function withOverlap(
  options: Options,
  test: (editor: EditorPage) => Promise<void>,
): Promise<void> {
  const editor = await openEditor(browser, {
    image: options.image ?? image,
    theme: options.theme ?? 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1300,
    height: 1400,
    overlap: options.overlap ?? DEFAULT_OVERLAP,
    state: { version: 1, pane: { open: true, width: options.width ?? 480, tab: 'overlap' } },
  });
  try {
    await settled(editor);
    await test(editor);
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

/** What the worker answers, to compare with what the page shows. */
function answered(query: OverlapQuery) {
  const answer = image.service.overlap(query);
  if (answer.state !== 'built') throw new Error(answer.state);
  return answer;
}

const number = (text: string | null): number => Number((text ?? '').replaceAll(/[^\d]/g, ''));
const memory = async (page: Page, part: string): Promise<number> =>
  number(await page.locator(`[data-memory="${part}"]`).textContent());
const counted = async (page: Page, form: string): Promise<number> =>
  number(await page.locator(`[data-count="${form}"] .number`).textContent());
const windows = async (page: Page): Promise<number[]> =>
  (await page.locator('.window-rows [data-column="window"] .number').allTextContents()).map(number);
const rows = (page: Page) => page.locator('.window-rows .window-row');

describe('the overlap pane', () => {
  it('shows what the structures are', async () => {
    await withOverlap({}, async ({ page }) => {
      await rows(page).first().waitFor();
      const { memory: use, counts, slots } = answered({ options: DEFAULT_OVERLAP });
      for (const part of ['list', 'windows', 'slots', 'bitmaps', 'fragments', 'held'] as const)
        expect(await memory(page, part), part).toBe(use[part]);
      for (const form of ['empty', 'fragments', 'cached', 'kept'] as const)
        expect(await counted(page, form), form).toBe(counts.forms[form]);
      expect(await page.locator('.slot').count()).toBe(slots.length);
      expect(await page.locator('.answer').first().innerText()).toContain('nothing is unprotected');
    });
  });

  it('shows the structures under other settings at once, and has VS Code keep them', async () => {
    await withOverlap({}, async ({ page, said }) => {
      const size = page.locator('#bitmapSize');
      await size.fill('8K');
      await size.press('Enter');
      await expect.poll(() => page.locator('.slot').count()).toBe(2);
      expect(await counted(page, 'cached')).toBe(2);
      expect(said.at(-1)).toEqual({
        type: 'setOverlap',
        options: { ...DEFAULT_OVERLAP, bitmapSize: '8K' },
      });
      await page.locator('#totalSizeLimit').fill('5000');
      await page.locator('#limitPolicy').getByText('fail').click();
      await page.locator('.event-line').first().waitFor();
      expect(said.at(-1)).toEqual({
        type: 'setOverlap',
        options: { ...TIGHT, limitPolicy: 'fail' },
      });
      await page.locator('#overlapCheck').selectOption('none');
      await page.getByText('Nothing is guarded').waitFor();
      expect(await page.locator('.stepper').count()).toBe(0);
    });
  });

  it('gives up what was written on Escape', async () => {
    await withOverlap({}, async ({ page, said }) => {
      const before = said.length;
      const size = page.locator('#bitmapSize');
      await size.fill('1M');
      await size.press('Escape');
      await size.press('Enter');
      expect(await size.inputValue()).toBe('64K');
      expect(said.length).toBe(before);
    });
  });

  it('says under the field what QEMU has against a value, and follows VS Code to a good one', async () => {
    await withOverlap({}, async (editor) => {
      const { page } = editor;
      const size = page.locator('#bitmapSize');
      await size.fill('64Q');
      await size.press('Enter');
      const error = page.locator('#bitmapSize-error');
      await error.waitFor();
      expect(await error.innerText()).toContain(
        "Parameter 'overlap-structures.bitmap-size' expects a non-negative number below 2^64",
      );
      expect(await size.getAttribute('aria-invalid')).toBe('true');
      await page.locator('.heatmap').click({ position: { x: 200, y: 200 } });
      await expect.poll(() => editor.said.at(-1)?.type).toBe('selected');
      await page.locator('#tab-overlap').click();
      await editor.post({
        type: 'overlapOptions',
        options: { ...DEFAULT_OVERLAP, totalSizeLimit: '57' },
      });
      await page.getByText('Cannot allocate metadata overlap check windows').waitFor();
      await editor.post({ type: 'overlapOptions', options: DEFAULT_OVERLAP });
      await rows(page).first().waitFor();
      expect(await page.locator('.field-error').count()).toBe(0);
      expect(await size.inputValue()).toBe('64K');
    });
  });

  it('guards single types', async () => {
    await withOverlap({}, async ({ page, said }) => {
      await page.locator('.types summary').click();
      const toggle = page.locator('[data-type="active-l2"]');
      expect(await toggle.getAttribute('aria-pressed')).toBe('true');
      await toggle.click();
      await expect.poll(() => toggle.getAttribute('aria-pressed')).toBe('false');
      const types = { 'active-l2': false };
      expect(said.at(-1)).toEqual({ type: 'setOverlap', options: { ...DEFAULT_OVERLAP, types } });
      const options = { ...DEFAULT_OVERLAP, types };
      await expect.poll(() => memory(page, 'held')).toBe(answered({ options }).memory.held);
      await toggle.click();
      await expect
        .poll(() => said.at(-1))
        .toEqual({ type: 'setOverlap', options: DEFAULT_OVERLAP });
    });
  });

  it('finds the settings that would do, and sets them', async () => {
    await withOverlap({ overlap: TIGHT }, async ({ page }) => {
      const set = page.locator('[data-advice="totalSizeLimit"] button');
      await set.waitFor();
      expect(await page.locator('.answer.trouble').first().innerText()).toContain('unprotected');
      const value = (await set.innerText()).replace('Set ', '');
      await set.click();
      await expect.poll(() => page.locator('#totalSizeLimit').inputValue()).toBe(value);
      await page.getByText('nothing is unprotected').waitFor();
      await page.getByText('It is set.').waitFor();
    });
  });
});

describe('the stepper', () => {
  it('steps on and back, and everything follows', async () => {
    await withOverlap({}, async ({ page }) => {
      await rows(page).first().waitFor();
      const { operations } = answered({ options: DEFAULT_OVERLAP });
      const slider = page.locator('.slider');
      expect(Number(await slider.inputValue())).toBe(operations);
      await page.getByLabel('To the start').click();
      await page.getByText('Nothing has been entered yet.').waitFor();
      expect(await memory(page, 'bitmaps')).toBe(0);
      await page.getByLabel('On one operation').click();
      await expect
        .poll(() => page.locator('.stepper-last').innerText())
        .toBe('enter main-header at 0x0');
      expect(await memory(page, 'bitmaps')).toBe(4096);
      await page.getByLabel('On one operation').click();
      await expect.poll(() => slider.inputValue()).toBe('2');
      await page.getByLabel('Back one operation').click();
      await expect
        .poll(() => page.locator('.stepper-last').innerText())
        .toBe('enter main-header at 0x0');
      await page.getByLabel('To the end').click();
      await expect
        .poll(() => memory(page, 'held'))
        .toBe(answered({ options: DEFAULT_OVERLAP }).memory.held);
    });
  });

  it('plays, pauses, and is sought by a click on the plots', async () => {
    await withOverlap({}, async (editor) => {
      const { page } = editor;
      await rows(page).first().waitFor();
      const position = async () => Number(await page.locator('.slider').inputValue());
      await page.getByLabel('Play').click();
      await expect.poll(position).toBeGreaterThan(20);
      await page.getByLabel('Pause').click();
      const paused = await position();
      // Playing, there would always be a timer for the next picture.
      await settled(editor);
      expect(await position()).toBe(paused);
      const { operations } = answered({ options: DEFAULT_OVERLAP });
      const box = await page.locator('.plots').boundingBox();
      await page.mouse.click((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + 20);
      await expect.poll(position).toBeGreaterThan(operations * 0.45);
      expect(await position()).toBeLessThan(operations * 0.55);
    });
  });

  it('has one question on its way while the slider is dragged', async () => {
    await withOverlap({}, async ({ page }) => {
      await rows(page).first().waitFor();
      const questions = () => page.evaluate(() => window.asked);
      const before = await questions();
      await page.locator('.slider').evaluate((slider) => {
        if (!(slider instanceof HTMLInputElement)) return;
        for (let i = 500; i >= 100; i--) {
          slider.value = String(i);
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }
      });
      const { memory: use } = answered({ options: DEFAULT_OVERLAP, position: 100 });
      await expect.poll(() => memory(page, 'held')).toBe(use.held);
      // Each picture asks for the structures and for the rows of the table.
      expect((await questions()) - before).toBeLessThan(40);
    });
  });
});

describe('the table of windows', () => {
  it('sorts, and says so', async () => {
    await withOverlap({}, async ({ page }) => {
      await rows(page).first().waitFor();
      const head = page.locator('[role=columnheader][data-column="age"]');
      expect(await head.getAttribute('aria-sort')).toBe('none');
      await head.getByRole('button').click();
      await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending');
      const query = { options: DEFAULT_OVERLAP, sort: 'age', from: 0, count: 8 } as const;
      const expected = (descending: boolean) =>
        image.service.overlapWindows({ ...query, descending }).windows.map(({ window }) => window);
      await expect.poll(async () => (await windows(page)).slice(0, 8)).toEqual(expected(false));
      await head.getByRole('button').click();
      await expect.poll(async () => (await windows(page)).slice(0, 8)).toEqual(expected(true));
      expect(await head.getAttribute('aria-sort')).toBe('descending');
    });
  });

  it('is used by keys alone', async () => {
    await withOverlap({}, async ({ page }) => {
      await rows(page).first().waitFor();
      const table = page.locator('.window-table');
      const title = page.locator('.window-details h2');
      await table.focus();
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => title.innerText()).toMatch(/window 0\b/i);
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => title.innerText()).toMatch(/window 1\b/i);
      await page.keyboard.press('End');
      const total = Number(await table.getAttribute('aria-rowcount')) - 1;
      await expect
        .poll(() => title.innerText())
        .toMatch(new RegExp(String.raw`window ${total - 1}\b`, 'i'));
      const active = async (): Promise<number> => {
        const id = await table.getAttribute('aria-activedescendant');
        return page.locator(`[id="${id}"][aria-selected="true"]`).count();
      };
      await expect.poll(active).toBe(1);
      await page.keyboard.press('Home');
      await expect.poll(() => title.innerText()).toMatch(/window 0\b/i);
    });
  });

  it('scrolls to a window that is selected elsewhere', async () => {
    await withOverlap({ overlap: TIGHT }, async ({ page }) => {
      await page.locator('.event-line').first().waitFor();
      const [event] = image.service.overlapEvents({ options: TIGHT, from: 1, count: 1 }).events;
      const window = event.start / answered({ options: TIGHT }).windowBytes;
      expect(window).toBeGreaterThan(15);
      await page.locator('.event-range').nth(1).click();
      await page.locator('.window-row.selected').waitFor();
      expect(await page.locator('.window-row.selected .number').first().innerText()).toBe(
        String(window),
      );
      expect(
        await page.locator('.window-table').evaluate((list) => list.scrollTop),
      ).toBeGreaterThan(0);
    });
  });
});

describe('a window opened', () => {
  it('shows its clusters beside its fragments', async () => {
    await withOverlap({ width: 700 }, async ({ page }) => {
      await rows(page).first().click();
      const fragments = page.locator('.fragment-rows .fragment-row');
      await fragments.first().waitFor();
      const opened = image.service.overlapWindow({ options: DEFAULT_OVERLAP, window: 0 });
      const shown = await fragments.locator('.mono').allTextContents();
      expect(shown).toEqual(opened?.fragments.slice(0, shown.length).map(bytesOf));
      const canvas = page.locator('.window-picture canvas');
      const pixel = await canvas.evaluate((element) =>
        element instanceof HTMLCanvasElement
          ? Array.from(element.getContext('2d')?.getImageData(0, 0, 2, 1).data ?? [])
          : [],
      );
      // The header, and a cluster that nothing guards.
      expect(pixel.slice(0, 3)).toEqual([0xff, 0xff, 0xff]);
      expect(pixel.slice(4, 7)).not.toEqual(pixel.slice(0, 3));
      await canvas.hover({ position: { x: 1, y: 1 } });
      await expect.poll(() => page.locator('.picture-status').innerText()).toBe('0: header, 0x0');
      await expect.poll(() => page.locator('.fragment-row.pointed').count()).toBe(1);
    });
  });

  it('has fragments of four bytes', () => {
    expect(bytesOf({ start: 0x123, clusters: 256, types: 4 })).toBe('04 ff 23 01');
  });
});

describe('the look', () => {
  it('an image without structures says so', async () => {
    await withOverlap({ image: hostedMap(5000, false) }, async ({ page }) => {
      await page.getByText('Nothing is guarded').waitFor();
    });
  });

  it.each([240, 340, 480, 720])('fits into %i pixels', async (width) => {
    await withOverlap({ width, overlap: { ...TIGHT, limitPolicy: 'fail' } }, async ({ page }) => {
      await page.locator('.types summary').click();
      await rows(page).first().click();
      await page.locator('.fragment-row').first().waitFor();
      const wide = await page.locator('.overlap-scroll').evaluate((pane) => {
        const { right } = pane.getBoundingClientRect();
        return [...pane.querySelectorAll('*')]
          .filter((element) => element.getBoundingClientRect().right > right + 1)
          .filter((element) => !element.closest('.window-row, .fragment-row, .event-line'))
          .map((element) => element.outerHTML.slice(0, 100));
      });
      expect(wide).toEqual([]);
    });
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    await withOverlap({ overlap: TIGHT }, async (editor) => {
      const { page } = editor;
      await page.locator('.types summary').click();
      await page.locator('.event-line').first().waitFor();
      await rows(page).first().click();
      await page.locator('.fragment-row').first().waitFor();
      await page.locator('[data-advice]').first().waitFor();
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    });
  });
});
