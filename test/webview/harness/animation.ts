import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { EncodedFrame } from './gifInPage.js';
import { indexedPng } from './indexedPng.js';

/** Pictures of a page one after the other, made into one that moves. */
export class Animation {
  readonly #page: Page;
  readonly #frames: EncodedFrame[] = [];

  constructor(page: Page) {
    this.#page = page;
  }

  /** Takes the page as it is now, to be seen for so long. */
  async frame(milliseconds: number): Promise<void> {
    const base64 = (await this.#page.screenshot()).toString('base64');
    this.#frames.push({ base64, milliseconds });
  }

  /** As a GIF. */
  encode(browser: Browser): Promise<Buffer> {
    return withPictures(browser, async (page) => {
      const gif = await page.evaluate((frames) => window.encodeGif(frames), this.#frames);
      return Buffer.from(gif, 'base64');
    });
  }
}

/** A screenshot as a PNG of 256 colours: a third of its size, and the eye sees no difference. */
export function smallPng(browser: Browser, png: Buffer): Promise<Buffer> {
  return withPictures(browser, async (page) => {
    const few = await page.evaluate(
      (base64) => window.inFewColours(base64),
      png.toString('base64'),
    );
    return indexedPng({ ...few, indices: Buffer.from(few.indices, 'base64') });
  });
}

async function withPictures(
  browser: Browser,
  use: (page: Page) => Promise<Buffer>,
): Promise<Buffer> {
  const { outputFiles } = await build({
    entryPoints: ['test/webview/harness/gifInPage.ts'],
    bundle: true,
    format: 'iife',
    write: false,
  });
  const page = await browser.newPage();
  try {
    await page.addScriptTag({ content: outputFiles[0].text });
    return await use(page);
  } finally {
    await page.close();
  }
}
