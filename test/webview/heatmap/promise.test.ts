import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from '../../../src/core/picture/layer.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage, type HostedImage } from '../harness/editorPage.js';
import { manyTables, sparseDisk } from '../harness/editorStates.js';
import { hostedContiguous, hostedFile, hostedMap, hostedSample } from '../harness/hostedImages.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Of each entry of the legend: its name, and how many pixels of the map have exactly its colour. */
function pixelsByEntry(page: Page): Promise<[name: string, pixels: number][]> {
  return page.evaluate(() => {
    const sheet = document.createElement('canvas');
    const map = document.querySelector('.heatmap');
    if (!map) throw new Error('no map');
    [sheet.width, sheet.height] = [map.clientWidth, map.clientHeight];
    const context = sheet.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    for (const canvas of map.querySelectorAll('canvas'))
      if (canvas.style.visibility !== 'hidden') context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, sheet.width, sheet.height);
    const pixels = new Map<number, number>();
    for (let i = 0; i < data.length; i += 4) {
      const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      if (data[i + 3] === 255) pixels.set(colour, (pixels.get(colour) ?? 0) + 1);
    }
    return Array.from(
      document.querySelectorAll<HTMLElement>('.legend [data-kind]'),
      (entry): [string, number] => {
        const swatch = entry.querySelector<HTMLElement>('.swatch');
        const variable = /var\((.*)\)/.exec(swatch?.style.getPropertyValue('--value') ?? '')?.[1];
        const probe = document.createElement('i');
        probe.style.color = `var(${variable ?? ''})`;
        document.body.append(probe);
        const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g)?.map(Number) ?? [];
        probe.remove();
        const colour = (red << 16) | (green << 8) | blue;
        return [entry.dataset.kind ?? '', pixels.get(colour) ?? 0];
      },
    );
  });
}

async function fitted(
  image: HostedImage,
  width: number,
  picture: Picture = { view: 'host', layer: 'kinds' },
): Promise<EditorPage> {
  const editor = await openEditor(browser, {
    ...{ image, theme: 'dark', width, height: 900 },
    settings: { curve: 'hilbert', renderer: 'canvas' },
    state: { version: 1, picture },
  });
  await settled(editor);
  await editor.page.locator('.legend [data-kind] .count').first().waitFor({ state: 'attached' });
  await settled(editor);
  return editor;
}

const IMAGES: Readonly<Record<string, () => HostedImage>> = {
  'tables of 4 KiB among data': () => hostedFile(manyTables(), 'build-cache.qcow2'),
  'all kinds of metadata': () => hostedSample('web-server.qcow2'),
  damage: () => hostedSample('database-damaged.qcow2'),
  'an overlap': () => hostedSample('corrupt-l1-overlap.qcow2'),
  subclusters: () => hostedSample('page-store-extended-l2.qcow2'),
  'a backing file': () => hostedSample('developer-overlay.qcow2'),
  'half a million clusters': () => hostedMap(481_690, true),
  'two million, dense': () => hostedMap(2_000_000, true),
  'ten million, dense': () => hostedMap(10_000_000, true),
  '6.5 TiB, contiguous': () => hostedContiguous(109_064_600),
};

describe('the map hides nothing', () => {
  it.each(Object.keys(IMAGES))('each kind in the legend can be seen: %s', async (name) => {
    const editor = await fitted(IMAGES[name](), 1440);
    const { page } = editor;
    for (const width of [1440, 800]) {
      await page.setViewportSize({ width, height: 900 });
      const hidden = async (): Promise<string[]> => {
        await settled(editor);
        const entries = await pixelsByEntry(page);
        expect(entries.length).toBeGreaterThan(3);
        return entries.filter(([, pixels]) => pixels === 0).map(([entry]) => entry);
      };
      await expect.poll(hidden).toEqual([]);
    }
    await page.close();
  });

  it('768 tables among 393,216 clusters are marks, not single pixels', async () => {
    const { page } = await fitted(hostedFile(manyTables(), 'build-cache.qcow2'), 1440);
    const pixels = new Map(await pixelsByEntry(page));
    // Two tables may lie in one mark, which has 16 pixels for each; alone they have 36.
    expect(pixels.get('active-l2')).toBeGreaterThan(768 * 16);
    await page.close();
  });

  it('40 MiB of a disk of 1 TiB can be seen', async () => {
    const { page } = await fitted(hostedFile(sparseDisk(), 'archive.qcow2'), 1440, {
      view: 'guest',
      layer: 'kinds',
    });
    const pixels = new Map(await pixelsByEntry(page));
    expect([...pixels.keys()]).toEqual(['normal', 'unallocated']);
    expect(pixels.get('normal')).toBeGreaterThanOrEqual(36);
    await page.close();
  });
});
