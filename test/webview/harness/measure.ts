import type { Browser, Page } from 'playwright-core';
import { array, number, object, optional, parse, string } from 'valibot';
import {
  createCurve,
  type Curve,
  type CurveName,
  type Extent,
  type Point,
} from '../../../src/core/picture/curve.js';
import { arrangementFor } from '../../../webview/heatmap/tiles/arrangement.js';
import { fit, toView } from '../../../webview/heatmap/camera.js';

/** The curve of a picture as it is arranged in the pane. `windows`: overlap windows are on the map. */
export async function curveOn(
  page: Page,
  name: CurveName,
  clusters: number,
  windows = false,
): Promise<Curve> {
  if (name === 'rows') return createCurve(name, clusters);
  const box = await page.locator('.heatmap').boundingBox();
  if (!box) throw new Error('no map');
  return createCurve(name, clusters, arrangementFor(clusters, box, windows));
}

/** Where the middles of level-0 cells lie on the fitted map, in CSS pixels. */
export async function cellCentres(
  page: Page,
  cells: readonly Point[],
  picture: Extent,
): Promise<Point[]> {
  const box = await page.locator('.heatmap').boundingBox();
  if (!box) throw new Error('no map');
  const camera = fit(picture, box);
  return cells.map(({ x, y }) => toView(camera, box, x + 0.5, y + 0.5));
}

/** The red, green, blue and alpha of pixels of one of the map's two canvases. */
export function pixelsAt(
  page: Page,
  points: readonly Point[],
  canvas: 'cells' | 'overlays' = 'cells',
): Promise<number[][]> {
  return page.evaluate(
    ([index, at]) => {
      const context = document
        .querySelectorAll<HTMLCanvasElement>('.heatmap canvas')
        [index].getContext('2d');
      if (!context) throw new Error('no 2D canvas');
      const { data, width } = context.getImageData(
        0,
        0,
        context.canvas.width,
        context.canvas.height,
      );
      return at.map(({ x, y }) => {
        const start = 4 * (Math.floor(y) * width + Math.floor(x));
        return Array.from(data.subarray(start, start + 4));
      });
    },
    [canvas === 'cells' ? 0 : 1, points] as const,
  );
}

/** The part of the pixels of two PNGs that differ by more than `tolerance` in a channel. */
export function differingPixels(
  page: Page,
  a: Buffer,
  b: Buffer,
  tolerance: number,
): Promise<number> {
  return page.evaluate(
    async ([first, second, most]) => {
      const decode = async (base64: string): Promise<ImageData> => {
        const image = new Image();
        image.src = `data:image/png;base64,${base64}`;
        await image.decode();
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d');
        if (!context) throw new Error('no 2D canvas');
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      };
      const [one, other] = [await decode(first), await decode(second)];
      if (one.width !== other.width || one.height !== other.height) return 1;
      let differing = 0;
      for (let i = 0; i < one.data.length; i += 4) {
        const apart = [0, 1, 2].some((c) => Math.abs(one.data[i + c] - other.data[i + c]) > most);
        if (apart) differing++;
      }
      return (4 * differing) / one.data.length;
    },
    [a.toString('base64'), b.toString('base64'), tolerance] as const,
  );
}

/**
 * Milliseconds of JavaScript in each animation frame while `act` runs, in ascending order: of its
 * thread, so that it does not matter what else the machine does.
 */
export async function frameTimes(
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<number[]> {
  await browser.startTracing(page, { categories: ['devtools.timeline'] });
  await act();
  const trace: unknown = JSON.parse((await browser.stopTracing()).toString());
  return parse(Trace, trace)
    .traceEvents.flatMap(({ name, tdur }) =>
      name === 'FireAnimationFrame' && tdur !== undefined ? [tdur / 1000] : [],
    )
    .sort((a, b) => a - b);
}

/** Microseconds of a thread, of what Chromium says it has done. */
const Trace = object({
  traceEvents: array(object({ name: string(), tdur: optional(number()) })),
});

/** How many images are drawn onto the canvas of cells in each animation frame while `act` runs. */
export async function drawnByFrame(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const drawn: number[] = [];
    let inFrame = 0;
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) =>
      request((now) => {
        inFrame = 0;
        draw(now);
        drawn.push(inFrame);
      });
    const cells = document.querySelector('.heatmap canvas');
    const { prototype } = CanvasRenderingContext2D;
    const drawImage: unknown = Object.getOwnPropertyDescriptor(prototype, 'drawImage')?.value;
    if (typeof drawImage !== 'function') throw new Error('no canvas');
    const counted = new Proxy(drawImage, {
      apply: (draw, context: unknown, words) => {
        if (context instanceof CanvasRenderingContext2D && context.canvas === cells) inFrame++;
        const nothing: unknown = Reflect.apply(draw, context, words);
        return nothing;
      },
    });
    Object.defineProperty(prototype, 'drawImage', { value: counted });
    window.drawnByFrame = drawn;
  });
  await act();
  return page.evaluate(() => window.drawnByFrame);
}

/** Runs in the page: turns the wheel over the map once in each frame. */
export async function zoomByFrames({
  deltas,
}: {
  readonly deltas: readonly number[];
}): Promise<void> {
  const map = document.querySelector('.heatmap');
  for (const deltaY of deltas) {
    const at = { clientX: 500, clientY: 400, bubbles: true, cancelable: true };
    map?.dispatchEvent(new WheelEvent('wheel', { ...at, deltaY }));
    await new Promise((resolve) => {
      requestAnimationFrame(resolve);
    });
  }
}

declare global {
  interface Window {
    drawnByFrame: number[];
    axe: {
      run(options: object): Promise<{
        violations: { readonly id: string; readonly nodes: { readonly html: string }[] }[];
      }>;
    };
  }
}
