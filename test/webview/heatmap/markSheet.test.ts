import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import type { MarkSheet } from '../../../webview/heatmap/marks/markSheet.js';

declare global {
  interface Window {
    markSheet: { readonly MarkSheet: new () => MarkSheet };
  }
}

const SIDE = 7;
const MARKS = 400;

/** Runs in the page: the pixels of marks that lie over one another and past the edges. */
function drawn({ atMost, side, marks }: { atMost: number; side: number; marks: number }): number[] {
  const canvasOf = (width: number, height: number): CanvasRenderingContext2D => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    return context;
  };
  const small = canvasOf(side, side);
  small.fillStyle = 'rgb(200, 30, 90)';
  small.fillRect(0, 0, side, side);
  small.fillStyle = 'rgb(10, 220, 40)';
  small.fillRect(1, 2, 3, 2);
  const { data } = small.getImageData(0, 0, side, side);
  const stamp = { canvas: small.canvas, side, pixels: new Uint32Array(data.buffer) };
  const onto = canvasOf(90, 70);
  onto.fillStyle = 'rgb(1, 2, 3)';
  onto.fillRect(0, 0, 60, 70);
  const sheet = new window.markSheet.MarkSheet();
  // A second frame has nothing left of the first.
  for (const shift of [1, 0]) {
    sheet.begin(shift === 1 ? canvasOf(90, 70) : onto, atMost);
    for (let i = 0; i < marks; i++) {
      const [x, y] = [((i * 37 + shift * 11) % 100) - 5, ((i * 53) % 80) - 5];
      if (i % 3 === 0) sheet.stamp(stamp, x, y);
      else sheet.dot(x, y, 2, i * 0x01_03_07);
    }
    sheet.end();
  }
  return [...onto.getImageData(0, 0, 90, 70).data];
}

it('marks look the same one by one and as one picture', async () => {
  const { outputFiles } = await build({
    entryPoints: ['webview/heatmap/marks/markSheet.ts'],
    ...{ bundle: true, format: 'iife', globalName: 'markSheet', write: false },
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: outputFiles[0].text });
    const look = { side: SIDE, marks: MARKS };
    const alone = await page.evaluate(drawn, { atMost: 1, ...look });
    const together = await page.evaluate(drawn, { atMost: MARKS, ...look });
    expect(together).toEqual(alone);
    expect(new Set(alone).size).toBeGreaterThan(20);
  } finally {
    await browser.close();
  }
});
