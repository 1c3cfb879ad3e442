import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import type { EncodedFrame } from './gifInPage.js';

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
  async encode(browser: Browser): Promise<Buffer> {
    const { outputFiles } = await build({
      entryPoints: ['test/webview/harness/gifInPage.ts'],
      bundle: true,
      format: 'iife',
      write: false,
    });
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text });
    const gif = await page.evaluate((frames) => window.encodeGif(frames), this.#frames);
    await page.close();
    return Buffer.from(gif, 'base64');
  }
}
