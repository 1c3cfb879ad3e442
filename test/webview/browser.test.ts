import { describe, expect, it } from 'vitest';
import { parseColour } from '../../webview/heatmap/palette.js';
import { NO_OBJECTIONS, objections } from './harness/axe.js';
import { settled } from './harness/editorPage.js';
import {
  hostedData,
  hostedFile,
  hostedMap,
  hostedSample,
  hostedSparse,
} from './harness/hostedImages.js';
import { editorTests } from './harness/withEditor.js';
import {
  cellCentres,
  curveOn,
  differingPixels,
  drawnByFrame,
  pixelsAt,
  zoomByFrames,
} from './harness/measure.js';
import { THEMES, themeLook, type Theme } from './harness/themes.js';
import { guestCluster, hostCluster } from '../../src/core/units.js';

const WIDE = { width: 1628, height: 900 };
const NARROW = { width: 800, height: 600 };
const CANVAS = { curve: 'hilbert', renderer: 'canvas' } as const;
const WEBGL = { curve: 'hilbert', renderer: 'webgl' } as const;
/** As in heatmap/tiles.test.ts. */
const TILES_IN_VIEW = 48;
const PANE_CLOSED = { version: 1, pane: { open: false, width: 340, tab: 'cluster' } };

const withEditor = editorTests(() => ({
  image: hostedMap(20_000, true),
  ...WIDE,
}));

function rgb(variable: string, theme: Theme): number[] {
  const { red, green, blue } = parseColour(themeLook(theme).variables[variable]);
  return [red, green, blue];
}

describe('the 2D canvas', () => {
  it.each(['hilbert', 'rows'] as const)(
    'gives every cluster the colour of its kind (%s)',
    async (curveName) => {
      const clusters = 3000;
      const image = hostedMap(clusters, false);
      await withEditor(
        { image, settings: { ...CANVAS, curve: curveName }, state: PANE_CLOSED },
        async ({ page }) => {
          const curve = await curveOn(page, curveName, clusters);
          const points = Array.from({ length: clusters }, (_, cluster) => curve.point(cluster));
          const pixels = await pixelsAt(page, await cellCentres(page, points, curve.filled));
          const wrong = pixels.filter((pixel, cluster) => {
            const [kind] = image.service.cluster({ cluster: hostCluster(cluster) }).kinds;
            const name = kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
            return String(pixel.slice(0, 3)) !== String(rgb(`--vscode-qcow2-${name}`, 'dark'));
          });
          expect(wrong).toHaveLength(0);
        },
      );
    },
  );

  it('leaves no seam between tiles', async () => {
    await withEditor({ image: hostedData(2 ** 20), state: PANE_CLOSED }, async (editor) => {
      const { page } = editor;
      const zoom = () => page.locator('.zoom-label').textContent();
      const colour = String(rgb('--vscode-qcow2-data', 'dark'));
      for (let step = 0; step < 6; step++) {
        const line = Array.from({ length: 300 }, (_, i) => ({ x: 650 + i, y: 200 + i }));
        const pixels = await pixelsAt(page, line);
        expect(pixels.filter((pixel) => String(pixel.slice(0, 3)) !== colour)).toEqual([]);
        const before = await zoom();
        await page.mouse.move(800, 450);
        await page.mouse.wheel(0, -130);
        await expect.poll(zoom).not.toBe(before);
        await settled(editor);
      }
    });
  });
});

describe('WebGL', () => {
  it.each([20_000, 3_000_000])('draws what the 2D canvas draws: %i clusters', async (clusters) => {
    const image = hostedMap(clusters, false);
    const pictures: Buffer[] = [];
    for (const settings of [CANVAS, WEBGL]) {
      await withEditor({ image, settings, state: PANE_CLOSED }, async ({ page }) => {
        await page.mouse.move(5, 5);
        pictures.push(await page.locator('.map').screenshot());
      });
    }
    await withEditor({ image }, async ({ page }) => {
      // Where cells are no whole number of pixels, some of their edges are a pixel apart.
      expect(await differingPixels(page, pictures[0], pictures[1], 3)).toBeLessThan(0.005);
    });
  });

  it('comes back after its context was lost', async () => {
    await withEditor({ settings: WEBGL }, async (editor) => {
      const before = await editor.page.locator('.map').screenshot();
      await editor.page.evaluate(async () => {
        const canvas = document.querySelector<HTMLCanvasElement>('.heatmap canvas');
        const extension = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context');
        if (!canvas || !extension) throw new Error('no WebGL2');
        const heard = (event: string): Promise<unknown> =>
          new Promise((resolve) => {
            canvas.addEventListener(event, resolve, { once: true });
          });
        const lost = heard('webglcontextlost');
        extension.loseContext();
        await lost;
        // It may be restored when all have heard of it.
        await new Promise(requestAnimationFrame);
        const restored = heard('webglcontextrestored');
        extension.restoreContext();
        await restored;
      });
      await settled(editor);
      const after = await editor.page.locator('.map').screenshot();
      expect(await differingPixels(editor.page, before, after, 3)).toBe(0);
    });
  });
});

describe('the map', () => {
  it('shows claimed clusters from afar, and a click on the mark selects the very cluster', async () => {
    const clusters = 2 ** 24;
    const claimed = Math.floor(clusters / 3);
    const image = hostedMap(clusters, true);
    await withEditor({ image }, async ({ page, said }) => {
      const curve = await curveOn(page, 'hilbert', clusters);
      const [at] = await cellCentres(page, [curve.point(claimed)], curve.filled);
      // A frame: the place within keeps its own colour.
      const above = [3, 4, 5, 6, 7].map((by) => ({ x: at.x, y: at.y - by }));
      const pixels = async (): Promise<number[][]> =>
        (await pixelsAt(page, above, 'overlays')).map((pixel) => pixel.slice(0, 3));
      await expect.poll(pixels).toContainEqual(rgb('--vscode-qcow2-claimedTwice', 'dark'));
      const box = await page.locator('.heatmap').boundingBox();
      await page.mouse.click((box?.x ?? 0) + at.x + 2, (box?.y ?? 0) + at.y + 2);
      await expect.poll(() => said.at(-1)).toEqual({ type: 'selected', cluster: claimed });
      await page.locator('.callout').waitFor();
    });
  });

  it('dims all but an isolated kind, until Escape', async () => {
    const image = hostedMap(1000, false);
    await withEditor({ image, state: PANE_CLOSED }, async (editor) => {
      const { page } = editor;
      const curve = await curveOn(page, 'hilbert', 1000);
      const centres = await cellCentres(page, [curve.point(5), curve.point(6)], curve.filled);
      const full = await pixelsAt(page, centres);
      await page.click('[data-kind="active-l2"]');
      await expect
        .poll(() => page.getAttribute('[data-kind="active-l2"]', 'aria-pressed'))
        .toBe('true');
      await settled(editor);
      const isolated = await pixelsAt(page, centres);
      expect(isolated[0]).toEqual(full[0]);
      expect(isolated[1]).not.toEqual(full[1]);
      await page.focus('.heatmap');
      await page.keyboard.press('Escape');
      await settled(editor);
      expect(await pixelsAt(page, centres)).toEqual(full);
    });
  });

  it('is used by keys alone, and says where they are', async () => {
    await withEditor({}, async ({ page, said }) => {
      await page.focus('.heatmap');
      await page.keyboard.press('Home');
      const live = page.locator('.live');
      await expect.poll(() => live.textContent()).toBe('cluster 0, header, host offset 0x0');
      await page.keyboard.press('ArrowDown');
      await expect
        .poll(() => live.textContent())
        .toBe('cluster 1, refcount table, host offset 0x10000');
      await page.keyboard.press('Enter');
      await expect.poll(() => said.at(-1)).toEqual({ type: 'selected', cluster: 1 });
      await page.keyboard.press('+');
      await expect.poll(() => page.locator('.zoom-label').textContent()).not.toBe('1×');
      await page.keyboard.press('0');
      await expect.poll(() => page.locator('.zoom-label').textContent()).toBe('1×');
    });
  });

  it('follows the theme', async () => {
    const image = hostedMap(1000, false);
    await withEditor({ image, state: PANE_CLOSED }, async (editor) => {
      const curve = await curveOn(editor.page, 'hilbert', 1000);
      const centres = await cellCentres(editor.page, [curve.point(5)], curve.filled);
      for (const theme of THEMES) {
        await editor.setTheme(theme);
        await settled(editor);
        const [pixel] = await pixelsAt(editor.page, centres);
        expect(pixel.slice(0, 3)).toEqual(rgb('--vscode-qcow2-activeL2', theme));
      }
    });
  });

  it('comes back where it was left', async () => {
    let kept: object | undefined;
    await withEditor({}, async ({ page }) => {
      await page.mouse.move(400, 300);
      await page.mouse.wheel(0, -600);
      await page.click('.heatmap', { position: { x: 300, y: 300 } });
      await page.locator('.cluster').waitFor();
      kept = await page.evaluate(() => window.kept);
    });
    await withEditor({ ...(kept && { state: kept }) }, async ({ page }) => {
      await page.locator('.cluster').waitFor();
      expect(await page.evaluate(() => window.kept)).toEqual(kept);
    });
  });
});

describe('views and layers', () => {
  const shown = (view: string, layer: string): string =>
    `.map[data-view="${view}"][data-layer="${layer}"]`;

  it('are chosen in the toolbar, and kept', async () => {
    const image = hostedSample('web-server.qcow2');
    await withEditor({ image }, async ({ page }) => {
      await page.locator('.layer-menu').selectOption('snapshots');
      await page.locator(shown('host', 'snapshots')).waitFor();
      const entry = page.locator('.entry', { hasText: "'clean install' alone" });
      await entry.waitFor();
      expect(await entry.innerText()).toContain('215');
      await page.click('.segments [data-view="guest"]');
      await page.locator(shown('guest', 'snapshots')).waitFor();
      const kept = await page.evaluate(() => window.kept);
      expect(kept).toMatchObject({ picture: { view: 'guest', layer: 'snapshots' } });
    });
  });

  it('are chosen where there is little room, and by the host', async () => {
    const image = hostedSample('web-server.qcow2');
    await withEditor({ image, ...NARROW }, async (editor) => {
      const { page } = editor;
      await page.locator('.layer-menu').selectOption('fragmentation');
      await page.locator(shown('host', 'fragmentation')).waitFor();
      await editor.post({ type: 'command', command: 'showGuest' });
      await page.locator(shown('guest', 'fragmentation')).waitFor();
      await editor.post({ type: 'showLayer', layer: 'bitmaps' });
      await page.locator(shown('guest', 'bitmaps')).waitFor();
    });
  });

  it('give every guest cluster the colour of its kind', async () => {
    const image = hostedSample('router-512b-clusters.qcow2');
    const guests = 8192;
    const picture = { view: 'guest', layer: 'kinds' } as const;
    const state = { ...PANE_CLOSED, picture };
    await withEditor({ image, state }, async (editor) => {
      const { page } = editor;
      await page.locator(shown('guest', 'kinds')).waitFor();
      await settled(editor);
      const curve = await curveOn(page, 'hilbert', guests);
      const points = Array.from({ length: guests }, (_, guest) => curve.point(guest));
      const pixels = await pixelsAt(page, await cellCentres(page, points, curve.filled));
      const colours = new Map<string, string>();
      for (const [guest, pixel] of pixels.entries()) {
        const { kind } = image.service.guestCluster({ cluster: guestCluster(guest) });
        const colour = String(pixel);
        expect(colours.get(kind) ?? colour, `${String(guest)} ${kind}`).toBe(colour);
        colours.set(kind, colour);
      }
      expect(colours.size).toBeGreaterThanOrEqual(4);
      expect(new Set(colours.values()).size).toBe(colours.size);
    });
  });

  it.each(['hilbert', 'rows'] as const)(
    'are drawn by WebGL as by the 2D canvas (%s)',
    async (curve) => {
      const image = hostedSample('web-server.qcow2');
      const state = { ...PANE_CLOSED, picture: { view: 'host', layer: 'fragmentation' } };
      const pictures: Buffer[] = [];
      for (const renderer of ['canvas', 'webgl'] as const) {
        await withEditor({ image, state, settings: { curve, renderer } }, async (editor) => {
          await editor.page.locator(shown('host', 'fragmentation')).waitFor();
          await settled(editor);
          await editor.page.mouse.move(5, 5);
          pictures.push(await editor.page.locator('.map').screenshot());
        });
      }
      await withEditor({ image }, async ({ page }) => {
        expect(await differingPixels(page, pictures[0], pictures[1], 3)).toBeLessThan(0.002);
      });
    },
  );

  it('are linked: what is selected in one is selected in the other', async () => {
    const image = hostedSample('web-server.qcow2');
    const guest = 31 * 16_384 + 77 + 20;
    const [host] = image.service.guestCluster({ cluster: guestCluster(guest) }).hostClusters;
    await withEditor({ image }, async (editor) => {
      const { page, said } = editor;
      await editor.post({ type: 'reveal', cluster: host });
      const offset = `0x${(guest * 65_536).toString(16)}`;
      await page.locator('.owners .link', { hasText: offset }).click();
      await page.locator(shown('guest', 'kinds')).waitFor();
      const details = page.locator('.cluster.guest');
      await details.waitFor();
      expect(await details.getAttribute('data-guest')).toBe(String(guest));
      expect(await details.innerText()).toContain('L1[62]');
      await page.locator(`.cluster[data-cluster="${String(host)}"]`).waitFor();
      expect(said.at(-1)).toMatchObject({ type: 'selected', cluster: host, guest });
      // The other way, by keys alone.
      await page.focus('.heatmap');
      await page.keyboard.press('Home');
      await expect
        .poll(() => page.locator('.live').textContent())
        .toMatch(/^guest cluster 0, .*guest offset 0x0$/);
      await page.keyboard.press('Enter');
      await expect.poll(() => details.getAttribute('data-guest')).toBe('0');
      await details.locator('.link').last().click();
      await page.locator(shown('host', 'kinds')).waitFor();
    });
  });

  it('show the subclusters of a cluster', async () => {
    const image = hostedSample('page-store-extended-l2.qcow2');
    const state = { ...PANE_CLOSED, picture: { view: 'guest', layer: 'kinds' }, guest: 20_007 };
    await withEditor({ image, state }, async ({ page }) => {
      await page.click('[aria-label="Show the side pane"]');
      const strip = page.locator('.subclusters');
      await strip.waitFor();
      expect(await strip.locator('span').count()).toBe(32);
      expect(await strip.getAttribute('aria-label')).toMatch(/zeros/);
    });
  });

  it('count what is in view', async () => {
    await withEditor({ image: hostedData(40_000) }, async ({ page }) => {
      const entry = page.locator('.entry[data-kind="data"] .count');
      await expect.poll(() => entry.textContent()).toBe('40,000');
      await page.mouse.move(500, 400);
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -600);
      await expect.poll(() => entry.textContent()).toMatch(/^[\d,]{1,5} of 40,000$/);
    });
  });
});

describe('the panels', () => {
  it('name every owner of a cluster that two claim', async () => {
    const image = hostedSample('corrupt-l1-overlap.qcow2');
    await withEditor({ image }, async (editor) => {
      await editor.page.click('[role=tab]:has-text("Findings")');
      await editor.page.locator('.finding.corruption').first().click();
      const details = editor.page.locator('.finding-details');
      await details.locator('.owners').waitFor();
      expect(await details.locator('.owners > li').count()).toBeGreaterThan(1);
      expect(await details.innerText()).toContain('Refcount too low');
      expect(editor.said.some(({ type }) => type === 'selected')).toBe(true);
    });
  });

  it('name the format of another disk image, and decode nothing of it', async () => {
    const vmdk = { size: 1024, pieces: [{ offset: 0, bytes: Buffer.from('KDMV') }] };
    await withEditor({ image: hostedFile(vmdk, 'disk.vmdk'), ...NARROW }, async ({ page }) => {
      const text = await page.textContent('.empty-body');
      expect(text).toContain('It is a VMDK disk image. qemu-img convert -f vmdk -O qcow2');
      expect(text).toContain('This is a VMDK disk image, not a qcow2 image: magic at 0x0');
      expect(await page.locator('.empty-tree').count()).toBe(0);
    });
    const damaged = hostedSample('cluster-bits-40.qcow2');
    await withEditor({ image: damaged, ...NARROW }, async ({ page }) => {
      await page.locator('.empty-tree').waitFor();
    });
  });

  it('explain a file that is no image', async () => {
    const image = hostedSample('cluster-bits-40.qcow2');
    await withEditor({ image, theme: 'light', ...NARROW }, async (editor) => {
      await editor.page.click('text=Open in Hex Editor');
      expect(await editor.page.textContent('.problems')).toContain('0x14');
      await expect.poll(() => editor.said.at(-1)).toEqual({ type: 'openHex', offset: 0x14 });
    });
  });

  it('have nothing that axe-core objects to in any theme', async () => {
    const image = hostedSample('corrupt-l1-overlap.qcow2');
    await withEditor({ image, ...NARROW }, async (editor) => {
      const { page } = editor;
      await page.click('.heatmap');
      await page.locator('.cluster').waitFor();
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    });
  });
});

describe('panning and zooming over 100 million clusters', () => {
  // How long a frame takes is for test/webview/bench: here is what there is to do in it.
  it('draws at most the tiles of the view in a frame, and hears of no large ones', async () => {
    await withEditor({ image: hostedSparse(100_000_000) }, async (editor) => {
      const { page } = editor;
      const drawn = await drawnByFrame(page, async () => {
        await page.mouse.move(600, 450);
        await page.evaluate(zoomByFrames, { deltas: new Array<number>(30).fill(-90) });
        await page.mouse.down();
        for (let i = 0; i < 30; i++) await page.mouse.move(600 + 8 * i, 450 + 3 * i);
        await page.mouse.up();
        await page.evaluate(zoomByFrames, { deltas: new Array<number>(15).fill(120) });
      });
      expect(drawn.length).toBeGreaterThan(50);
      expect(Math.max(...drawn)).toBeGreaterThan(0);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(TILES_IN_VIEW);
      expect(editor.traffic.tiles).toBeGreaterThan(0);
      expect(editor.traffic.largest).toBeLessThan(256 * 1024);
    });
  });
});
