import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Renderer } from '../../../src/protocol/webviewMessages.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../harness/editorPage.js';
import { hostedMap } from '../harness/hostedImages.js';
import { differingPixels } from '../harness/measure.js';

const IMAGE = hostedMap(2_000_000, true);
const FITTED = { version: 1, pane: { open: false, width: 340, tab: 'cluster' } };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function opened(
  state: object,
  { renderer, height }: { renderer: Renderer; height: number } = {
    renderer: 'canvas',
    height: 900,
  },
): Promise<EditorPage> {
  const editor = await openEditor(browser, {
    image: IMAGE,
    theme: 'dark',
    settings: { curve: 'hilbert', renderer },
    width: 1400,
    height,
    state,
  });
  await settled(editor);
  return editor;
}

declare global {
  interface Window {
    /** Tiles painted, by frame. */
    painted: number[];
  }
}

/** Runs in the page: from now on painting a tile takes longer than a frame has for it, and nothing else takes any time. */
function paintSlowly(): void {
  let clock = 0;
  performance.now = () => clock;
  window.painted = [0];
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) =>
    request((now) => {
      window.painted.push(0);
      draw(now);
    });
  // Each tile is painted into one of these.
  window.ImageData = new Proxy(ImageData, {
    construct: (target, args) => {
      clock += 1000;
      window.painted[window.painted.length - 1]++;
      const made: unknown = Reflect.construct(target, args);
      if (!(made instanceof target)) throw new Error('no image data');
      return made;
    },
  });
}

it('tiles that come together are painted in one frame after the other, and all of them', async () => {
  const editor = await opened(FITTED);
  const { page } = editor;
  await page.evaluate(paintSlowly);
  await page.mouse.move(700, 450);
  await page.mouse.wheel(0, -700);
  await page.mouse.move(5, 5);
  // Eight times as near: other tiles, as many as there are in view.
  await expect
    .poll(() => page.evaluate(() => window.painted.reduce((sum, n) => sum + n)))
    .toBeGreaterThan(5);
  const kept = await page.evaluate(() => window.kept);
  const other = await opened({ ...kept });
  await other.page.mouse.move(5, 5);
  const right = await other.page.locator('.map').screenshot();
  await expect
    .poll(async () =>
      differingPixels(other.page, right, await page.locator('.map').screenshot(), 3),
    )
    .toBe(0);
  const painted = await page.evaluate(() => window.painted);
  expect(Math.max(...painted)).toBe(1);
  await page.close();
  await other.page.close();
});

it.each(['canvas', 'webgl'] as const)(
  'a line of legend more or less takes no new canvas, and all is drawn in its place (%s)',
  async (renderer) => {
    const editor = await opened(FITTED, { renderer, height: 900 });
    const { page } = editor;
    const sizes = (): Promise<string[]> =>
      page.evaluate(() =>
        Array.from(
          document.querySelectorAll<HTMLCanvasElement>('.heatmap canvas'),
          (canvas) => `${canvas.width} × ${canvas.height}`,
        ),
      );
    const before = await sizes();
    for (const height of [856, 944, 500]) {
      await page.setViewportSize({ width: 1400, height });
      const other = await opened(FITTED, { renderer, height });
      const right = await other.page.locator('.map').screenshot();
      await expect
        .poll(async () =>
          differingPixels(other.page, right, await page.locator('.map').screenshot(), 3),
        )
        .toBe(0);
      await other.page.close();
      if (height > 500) expect(await sizes()).toEqual(before);
      else expect(await sizes()).not.toEqual(before);
    }
    await page.close();
  },
);
