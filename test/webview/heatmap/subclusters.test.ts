import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCurve } from '../../../src/core/picture/curve.js';
import type { SubclusterKind } from '../../../src/core/qcow2/subclusters.js';
import { toPicture, toView } from '../../../webview/heatmap/camera.js';
import { parseColour } from '../../../webview/heatmap/palette.js';
import { readViewState } from '../../../webview/state/viewState.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../harness/editorPage.js';
import { hostedFile } from '../harness/hostedImages.js';
import { pixelsAt } from '../harness/measure.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { Random } from '../../images/random.js';
import { guestCluster } from '../../../src/core/units.js';

const GUESTS = 4096;
const ACROSS = 8;
const DOWN = 4;
const CURVE = createCurve('hilbert', GUESTS);

/** A quarter of the clusters is mixed, in every way there is. */
function mixedImage(extendedL2 = true): ReturnType<typeof hostedFile> {
  const random = new Random(3);
  const image = new ImageBuilder({ virtualSize: GUESTS * 2 ** 16, clusterBits: 16, extendedL2 });
  image.write(0, 300);
  for (let guest = 300; extendedL2 && guest < GUESTS; guest += 1 + random.below(7)) {
    const allocated = (random.uint32() & random.uint32()) >>> 0;
    const zero = (random.uint32() & random.uint32() & ~allocated) >>> 0;
    if (random.chance(0.3)) image.zeroSubclusters(guest, zero | 1);
    else image.writeSubclusters(guest, { allocated, zero });
  }
  return hostedFile(layOut(image), 'mixed.qcow2');
}

const VARIABLES: readonly (readonly [kind: SubclusterKind, variable: string])[] = [
  ['normal', '--guest-normal'],
  ['zero-allocated', '--guest-zero-allocated'],
  ['zero-plain', '--guest-zero-plain'],
  ['unallocated-allocated', '--guest-preallocated'],
  ['unallocated', '--guest-unallocated'],
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const stateAt = (scale: number): object => ({
  version: 1,
  picture: { view: 'guest', layer: 'kinds' },
  camera: { view: 'guest', curve: 'hilbert', x: 31, y: 33, scale },
  pane: { open: false, width: 340, tab: 'cluster' },
});

async function opened(image: ReturnType<typeof hostedFile>, scale: number): Promise<EditorPage> {
  const editor = await openEditor(browser, {
    image,
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 900,
    height: 600,
    state: stateAt(scale),
  });
  await editor.page.locator('.map[data-view="guest"]').waitFor();
  await settled(editor);
  return editor;
}

/** The colours of variables, as a canvas tells them. */
async function coloursOf(page: Page): Promise<ReadonlyMap<string, SubclusterKind>> {
  const read = await page.evaluate(
    (names) => names.map((name) => getComputedStyle(document.body).getPropertyValue(name)),
    VARIABLES.map(([, variable]) => variable),
  );
  return new Map(
    read.map((text, index) => {
      const { red, green, blue } = parseColour(text);
      return [`${red},${green},${blue},255`, VARIABLES[index][0]];
    }),
  );
}

interface Look {
  readonly kinds: ReadonlySet<string>;
  readonly subclusters: number;
  readonly wrong: readonly string[];
}

/** Looks at every subcluster in view. */
async function look(image: ReturnType<typeof hostedFile>, page: Page): Promise<Look> {
  const box = await page.locator('.heatmap').boundingBox();
  const { camera } = readViewState(await page.evaluate(() => window.kept));
  if (!box || !camera) throw new Error('no map');
  const from = toPicture(camera, box, 0, 0);
  const to = toPicture(camera, box, box.width, box.height);
  const colours = await coloursOf(page);
  const points: { x: number; y: number }[] = [];
  const expected: string[] = [];
  for (let y = Math.max(0, Math.ceil(from.y)); y + 1 <= Math.min(to.y, 64); y++)
    for (let x = Math.max(0, Math.ceil(from.x)); x + 1 <= Math.min(to.x, 64); x++) {
      const cluster = CURVE.cluster(x, y);
      if (cluster === undefined) continue;
      const { kind, subclusters } = image.service.guestCluster({ cluster: guestCluster(cluster) });
      subclusters.forEach((subcluster, index) => {
        const column = ((index % ACROSS) + 0.5) / ACROSS;
        const row = (Math.floor(index / ACROSS) + 0.5) / DOWN;
        points.push(toView(camera, box, x + column, y + row));
        expected.push(kind === 'partial' ? subcluster : 'nothing');
      });
    }
  const pixels = await pixelsAt(page, points, 'overlays');
  const found = pixels.map((pixel) =>
    pixel[3] === 0 ? 'nothing' : (colours.get(String(pixel)) ?? String(pixel)),
  );
  const wrong = found.flatMap((kind, i) =>
    kind === expected[i] ? [] : [`${kind} in place of ${expected[i]}`],
  );
  const kinds = new Set(found.filter((kind) => kind !== 'nothing'));
  return { kinds, subclusters: found.length, wrong: wrong.slice(0, 5) };
}

describe('subclusters', () => {
  it('are drawn into mixed clusters and nowhere else, also when the map has been moved', async () => {
    const image = mixedImage();
    const editor = await opened(image, 41);
    const { page } = editor;
    const legend = page.locator('.parts [data-subcluster]');
    const right = async (): Promise<void> => {
      await expect.poll(async () => (await look(image, page)).wrong).toEqual([]);
      const { kinds, subclusters } = await look(image, page);
      expect(kinds.size).toBe(5);
      expect(subclusters).toBeGreaterThan(32 * 50);
    };
    await right();
    await expect.poll(() => legend.count()).toBe(5);
    // By a part of a cell, and into a block of cells that has not been asked for yet.
    for (const [dx, dy] of [
      [-137, -93],
      [311, 205],
    ] as const) {
      await page.mouse.move(450, 300);
      await page.mouse.down();
      await page.mouse.move(450 + dx, 300 + dy, { steps: 4 });
      await page.mouse.up();
      await page.mouse.move(3, 3);
      await right();
    }
    expect(editor.errors).toEqual([]);
    await page.close();
  });

  it('go when cells are small, and when another value is looked at alone', async () => {
    const image = mixedImage();
    const editor = await opened(image, 30);
    const { page } = editor;
    const legend = page.locator('.parts [data-subcluster]');
    await legend.first().waitFor();
    await page.click('[data-kind="normal"]');
    await expect.poll(() => legend.count()).toBe(0);
    await page.click('[data-kind="partial"]');
    await expect.poll(() => legend.count()).toBe(5);
    await editor.post({ type: 'command', command: 'zoomOut' });
    await expect.poll(() => legend.count()).toBe(0);
    await page.close();
  });

  it('are in the picture that is saved', async () => {
    const image = mixedImage();
    const editor = await opened(image, 41);
    const { page, said } = editor;
    await page.locator('.parts [data-subcluster]').first().waitFor();
    await expect.poll(async () => (await look(image, page)).wrong).toEqual([]);
    await editor.post({ type: 'command', command: 'saveSvg' });
    await expect.poll(() => said.at(-1)?.type).toBe('saveFile');
    const saved = said.at(-1);
    if (saved?.type !== 'saveFile') throw new Error('nothing saved');
    const svg = new TextDecoder().decode(Uint8Array.from(Object.values(saved.bytes)));
    const squares = svg.match(/h0\.125v0\.25/g)?.length ?? 0;
    expect(squares).toBeGreaterThan(32 * 20);
    expect(squares % 32).toBe(0);
    expect(svg).toContain('subclusters: zeros, allocated');
    await page.close();
  });

  it('are not asked for where there are none', async () => {
    const asked: object[] = [];
    const image = mixedImage(false);
    const replaced = {
      subclusters: (query: object) => {
        asked.push(query);
        return { cells: [] };
      },
    };
    const editor = await opened({ ...image, replaced }, 41);
    await editor.post({ type: 'command', command: 'zoomIn' });
    await settled(editor);
    expect(asked).toEqual([]);
    await editor.page.close();
  });
});
