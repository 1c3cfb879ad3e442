import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { legendCounts } from './legend.js';
import type { Workbench } from './workbench.js';

interface Suite {
  /** Runs a test that leaves a picture of the window behind when it fails. */
  readonly inVsCode: (name: string, body: () => Promise<void>) => void;
  readonly workbench: () => Workbench;
  /** An image with snapshots, in 4 KiB clusters. */
  readonly image: string;
  readonly folder: string;
}

const CLUSTER = 4096;
/** CSS pixels, as in webview/export/caption.ts. */
const TITLE_HEIGHT = 32;
const PADDING = 12;

/** Tests of what leaves VS Code: by the clipboard, and as files. */
export function takenAway({ inVsCode, workbench, image, folder }: Suite): void {
  /** Opens the image, and selects the cluster in the middle of the map. */
  async function openAndSelect(): Promise<{
    readonly editor: FrameLocator;
    readonly cluster: number;
  }> {
    const editor = await workbench().open(image);
    await legendCounts(editor);
    const map = editor.locator('.heatmap');
    const pane = editor.locator('article[data-cluster]');
    const box = await map.boundingBox();
    if (!box) throw new Error('there is no map');
    // What lies in its middle depends on its shape: somewhere near there are data.
    for (const part of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
      await map.click({ position: { x: box.width * part, y: box.height / 2 } });
      await pane.waitFor();
      await editor.locator('.owners li').first().waitFor();
      if ((await editor.locator('.owners [title="Show on the guest disk"]').count()) > 0) break;
    }
    return { editor, cluster: Number(await pane.getAttribute('data-cluster')) };
  }

  describe('the context menu', () => {
    inVsCode('of the map is about the cluster under it, and no menu of the pane', async () => {
      const editor = await workbench().open(image);
      await legendCounts(editor);
      const { menu } = workbench();
      const map = editor.locator('.heatmap');
      const copied = await workbench().copied(() =>
        workbench().chooseFromMenu(map, 'Copy As', 'Copy Host Offset'),
      );
      const pane = editor.locator('article[data-cluster]');
      await pane.waitFor();
      const cluster = Number(await pane.getAttribute('data-cluster'));
      expect(cluster).toBeGreaterThan(0);
      expect(copied).toBe(hex(cluster * CLUSTER));

      await map.click({ button: 'right' });
      await menu.getByText('Find…').waitFor();
      await workbench().picture('editor-menu');
      await workbench().closeMenu();
      await editor.locator('article h2').click({ button: 'right' });
      await menu.getByText('Copy', { exact: true }).waitFor();
      expect(await menu.getByText('Copy As').count()).toBe(0);
      await workbench().closeMenu();
    });
  });

  describe('what is copied', () => {
    inVsCode('from the palette is offset, owners, command and JSON', async () => {
      const { editor, cluster } = await openAndSelect();
      const copied = (command: string): Promise<string> =>
        workbench().copied(() => workbench().run(`Qcow2 Lens: ${command}`));
      const owners = await editor.locator('.owners li > :first-child').allTextContents();
      const guest = await editor
        .locator('.owners [title="Show on the guest disk"]')
        .first()
        .textContent();
      expect(await copied('Copy Host Offset')).toBe(hex(cluster * CLUSTER));
      expect(await copied('Copy Guest Offset')).toBe(guest);
      const chain = (await copied('Copy Owners')).split('\n');
      expect(chain[0]).toContain(hex(cluster * CLUSTER));
      expect(chain.slice(1).map((line) => line.replace(/^- |, entry at .*$/g, ''))).toEqual(owners);
      expect(await copied('Copy qemu-io Command')).toBe(
        `qemu-io -r -f qcow2 -c 'read -v ${guest} ${CLUSTER}' '${join(folder, image)}'`,
      );
      expect(JSON.parse(await copied('Copy Cluster as JSON'))).toMatchObject({
        cluster,
        offset: cluster * CLUSTER,
        kinds: ['data'],
      });
    });
  });

  describe('the view as a picture', () => {
    let pictures: string;
    beforeAll(() => {
      // Outside the workspace, whose explorer would be drawn anew.
      pictures = mkdtempSync(join(tmpdir(), 'qcow2-lens-pictures-'));
    });
    afterAll(() => {
      rmSync(pictures, { recursive: true });
    });

    inVsCode('is copied, and saved as PNG and SVG, with its legend', async () => {
      const editor = await workbench().open(image);
      const counts = await legendCounts(editor);
      const { page } = workbench();

      await page.evaluate(() => navigator.clipboard.writeText('nothing yet'));
      await workbench().run('Qcow2 Lens: Copy View as Picture');
      const types = (): Promise<string[]> =>
        page.evaluate(async () => (await navigator.clipboard.read()).flatMap((item) => item.types));
      await expect.poll(types).toEqual(['image/png']);

      const png = join(pictures, 'view.png');
      await workbench().saveAs('Qcow2 Lens: Save View as PNG…', png);
      await expectPng(await written(png), editor, counts);

      const svg = join(pictures, 'view.svg');
      await workbench().saveAs('Qcow2 Lens: Save View as SVG…', svg);
      await expectSvg((await written(svg)).toString('utf8'), counts);
    });

    /** As large as the map with title and legend, whose first swatch has the colour of that here. */
    async function expectPng(
      bytes: Buffer,
      editor: FrameLocator,
      counts: ReadonlyMap<string, number>,
    ): Promise<void> {
      expect([...bytes.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
      const box = await editor.locator('.heatmap').boundingBox();
      const map = { width: Math.round(box?.width ?? 0), height: Math.round(box?.height ?? 0) };
      const picture = await workbench().page.evaluate(decode, {
        base64: bytes.toString('base64'),
        at: { x: PADDING + 4, y: TITLE_HEIGHT + map.height + PADDING + 4 },
      });
      expect(picture.width).toBe(map.width);
      expect(picture.height).toBeGreaterThan(TITLE_HEIGHT + map.height + PADDING);
      const [kind] = counts.keys();
      const swatch = editor.locator(`.legend [data-kind="${kind}"] .swatch`);
      expect(`rgb(${picture.pixel.join(', ')})`).toBe(
        await swatch.evaluate((element) => getComputedStyle(element).backgroundColor),
      );
    }

    /** Names the image, and counts what the legend counts. */
    async function expectSvg(text: string, counts: ReadonlyMap<string, number>): Promise<void> {
      const { root, texts } = await workbench().page.evaluate((svg) => {
        const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
        const all = [...parsed.querySelectorAll('text')].map(({ textContent }) => textContent);
        return { root: parsed.documentElement.nodeName, texts: all };
      }, text);
      expect(root).toBe('svg');
      expect(texts[0]).toContain(image);
      for (const count of counts.values())
        expect(texts.join('\n')).toMatch(new RegExp(`\\b${count.toLocaleString('en')}\\b`));
    }
  });
}

const hex = (offset: number): string => `0x${offset.toString(16)}`;

/** A file as soon as there is something in it. */
async function written(path: string): Promise<Buffer> {
  const read = (): Promise<Buffer> => readFile(path).catch(() => Buffer.alloc(0));
  await expect.poll(async () => (await read()).length).toBeGreaterThan(0);
  return read();
}

/** Runs in the page: the size of a PNG, and the red, green and blue of one of its pixels. */
async function decode({
  base64,
  at,
}: {
  readonly base64: string;
  readonly at: { readonly x: number; readonly y: number };
}): Promise<{ readonly width: number; readonly height: number; readonly pixel: number[] }> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(at.x, at.y, 1, 1);
  return { width: image.width, height: image.height, pixel: Array.from(data.subarray(0, 3)) };
}
