import { describe, expect, it } from 'vitest';
import { readViewState, type KeptCamera } from '../../../webview/state/viewState.js';
import { settled, type EditorPage } from '../harness/editorPage.js';
import { hostedMap, hostedSample } from '../harness/hostedImages.js';
import { editorTests } from '../harness/withEditor.js';
import { hostCluster } from '../../../src/core/units.js';

const damaged = hostedSample('database-damaged.qcow2');

const withEditor = editorTests(() => ({ image: damaged, width: 1200, height: 700 }));

async function cameraOf({ page }: EditorPage): Promise<KeptCamera | undefined> {
  return readViewState(await page.evaluate(() => window.kept)).camera;
}

/** Pixels of those canvases of the map that can be seen on which something is drawn. */
const inked = ({ page }: EditorPage, canvas: string): Promise<number> =>
  page.evaluate((selector) => {
    let pixels = 0;
    for (const found of document.querySelectorAll<HTMLCanvasElement>(selector)) {
      const context = found.getContext('2d');
      if (!context || found.style.visibility === 'hidden') continue;
      const { data } = context.getImageData(0, 0, found.width, found.height);
      pixels += data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }
    return pixels;
  }, canvas);

const LETTERS = '.heatmap canvas.labels';

describe('a place that is typed', () => {
  it('is shown at once; without Enter one is back where one was', async () => {
    await withEditor({}, async (editor) => {
      const { page, said } = editor;
      await page.mouse.move(200, 200);
      for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -300);
      await expect.poll(() => cameraOf(editor)).toBeDefined();
      await settled(editor);
      const before = await cameraOf(editor);
      await editor.post({ type: 'preview', cluster: hostCluster(2500) });
      await expect.poll(() => cameraOf(editor)).not.toEqual(before);
      await editor.post({ type: 'preview', cluster: hostCluster(1700) });
      await editor.post({ type: 'preview', cluster: undefined });
      await expect.poll(() => cameraOf(editor)).toEqual(before);
      expect(said.some((message) => message.type === 'selected')).toBe(false);
      await editor.post({ type: 'preview', cluster: hostCluster(2500) });
      await editor.post({ type: 'reveal', cluster: hostCluster(2500) });
      await expect.poll(() => said).toContainEqual({ type: 'selected', cluster: 2500 });
      await editor.post({ type: 'preview', cluster: undefined });
      await settled(editor);
      expect(await cameraOf(editor)).not.toEqual(before);
    });
  });
});

describe('cells', () => {
  it('carry letters when they are wide, and refcounts when they are wider', async () => {
    await withEditor({}, async (editor) => {
      const { page } = editor;
      expect(await inked(editor, LETTERS)).toBe(0);
      expect(await page.locator('.legend .code').count()).toBe(0);
      const zoomBy = async (steps: number): Promise<number> => {
        for (let i = 0; i < steps; i++) await page.locator('[aria-label="Zoom in (+)"]').click();
        // At rest they are written, a little in each frame.
        await settled(editor);
        return inked(editor, LETTERS);
      };
      await zoomBy(1);
      const asked = await page.evaluate(() => window.asked);
      // Tables have letters from 20 pixels on, data none; all have refcounts.
      expect(await zoomBy(2)).toBeGreaterThan(0);
      expect(await page.locator('.legend [data-kind="active-l2"] .code').textContent()).toBe('L2');
      expect(await page.evaluate(() => window.asked)).toBeGreaterThan(asked);
      await page.locator('[aria-label="Fit the picture (0)"]').click();
      await expect.poll(() => inked(editor, LETTERS)).toBe(0);
    });
  });

  it('go with the map while it is moved', async () => {
    await withEditor({}, async (editor) => {
      const { page } = editor;
      for (let i = 0; i < 2; i++) await page.locator('[aria-label="Zoom in (+)"]').click();
      await expect.poll(() => inked(editor, LETTERS)).toBeGreaterThan(0);
      const moved = page.evaluate(
        () =>
          new Promise<string>((resolve) => {
            const observer = new MutationObserver((changes) => {
              for (const { target } of changes)
                if (target instanceof HTMLElement && target.style.transform !== '')
                  resolve(target.style.transform);
            });
            for (const sheet of document.querySelectorAll('.heatmap canvas.labels'))
              observer.observe(sheet, { attributeFilter: ['style'] });
          }),
      );
      await page.mouse.move(300, 300);
      await page.mouse.down();
      await page.mouse.move(360, 320, { steps: 4 });
      expect(await moved).toMatch(/^translate\(/);
      await page.mouse.up();
      // At rest they are written anew, where they are.
      await expect
        .poll(() =>
          page.evaluate(
            () =>
              [...document.querySelectorAll<HTMLElement>('.heatmap canvas.labels')].find(
                ({ style }) => style.visibility !== 'hidden',
              )?.style.transform,
          ),
        )
        .toBe('');
    });
  });
});

describe('a table under the pointer', () => {
  it('says what it refers to, and points there', async () => {
    await withEditor({}, async (editor) => {
      const { page } = editor;
      const table = damaged.service.next({
        target: { type: 'kind', kind: 'active-l2' },
        from: hostCluster(700),
        direction: 1,
      });
      await editor.post({ type: 'reveal', cluster: table?.cluster ?? hostCluster(0) });
      const before = await inked(editor, '.heatmap canvas:nth-of-type(2)');
      await page.focus('.heatmap');
      // The cursor starts at the selection.
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowLeft');
      const { clusters } = damaged.service.mapped({ cluster: table?.cluster ?? hostCluster(0) });
      await expect
        .poll(() => page.locator('.tooltip-mapped').textContent())
        .toContain(`refers to ${clusters} clusters in`);
      await expect
        .poll(() => inked(editor, '.heatmap canvas:nth-of-type(2)'))
        .toBeGreaterThan(before + 500);
    });
  });
});

describe('without a mouse', () => {
  it('everything is reached by Tab, in the order in which it is seen, and has a name', async () => {
    await withEditor({}, async ({ page }) => {
      const seen: string[] = [];
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const active = document.activeElement;
          if (!active || active === document.body) return undefined;
          const area = active.closest(
            '.summary, .toolbar, .strip, .heatmap, .sash, .tabs, .panel, .legend',
          );
          const name = active.getAttribute('aria-label') ?? active.textContent;
          return { area: area?.className ?? 'none', name };
        });
        if (!at) break;
        expect(at.name).not.toBe('');
        if (seen.at(-1) !== at.area) seen.push(at.area);
      }
      const areas = ['summary', 'toolbar', 'strip', 'heatmap', 'sash', 'tabs', 'panel', 'legend'];
      expect(seen).toEqual(areas);
    });
  });

  it('the legend is between the map and the pane where that is below', async () => {
    await withEditor({ width: 800 }, async ({ page }) => {
      const top = async (selector: string): Promise<number> =>
        (await page.locator(selector).boundingBox())?.y ?? NaN;
      await page.locator('.legend button').first().waitFor();
      expect(await top('.legend')).toBeGreaterThan(await top('.heatmap'));
      expect(await top('.side')).toBeGreaterThan(await top('.legend'));
      const isBefore = await page.evaluate(() => {
        const [legend, side] = [document.querySelector('.legend'), document.querySelector('.side')];
        const place = side && legend?.compareDocumentPosition(side);
        return place === Node.DOCUMENT_POSITION_FOLLOWING;
      });
      expect(isBefore).toBe(true);
    });
  });

  it('one finds, goes there, sees what a table maps, and lets it be', async () => {
    await withEditor({}, async ({ page, said }) => {
      const note = page.locator('.note');
      await page.focus('.heatmap');
      await page.keyboard.press('n');
      await expect.poll(() => note.textContent()).toContain('Select a cluster first');
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.locator('.cluster').waitFor();
      await page.keyboard.press('n');
      await expect.poll(() => note.textContent()).toMatch(/, place \d+ of \d+/);
      await page.keyboard.press('p');
      await expect.poll(() => note.textContent()).toContain('from the end of the file');
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await page.locator('[data-cluster="0"]').waitFor();
      await page.keyboard.press('m');
      await expect.poll(() => note.textContent()).toContain('refers to');
      await page.keyboard.press('Escape');
      expect(said.at(-1)).not.toEqual({ type: 'selected', cluster: undefined });
      await page.keyboard.press('Escape');
      await expect.poll(() => said.at(-1)).toEqual({ type: 'selected', cluster: undefined });
    });
  });

  it('tabs are changed by arrows', async () => {
    await withEditor({}, async ({ page }) => {
      await page.focus('#tab-overview');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(await page.getAttribute('#tab-cluster', 'aria-selected')).toBe('true');
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-cluster');
      await page.keyboard.press('Home');
      expect(await page.getAttribute('#tab-overview', 'aria-selected')).toBe('true');
    });
  });
});

describe('a picture of the view', () => {
  const image = hostedMap(3000, true);

  it('as SVG has every cluster once, and the legend', async () => {
    await withEditor({ image }, async (editor) => {
      const { page, said } = editor;
      await editor.post({ type: 'command', command: 'saveSvg' });
      await expect.poll(() => said.at(-1)?.type).toBe('saveFile');
      const saved = said.at(-1);
      if (saved?.type !== 'saveFile') throw new Error('nothing saved');
      const text = new TextDecoder().decode(Uint8Array.from(Object.values(saved.bytes)));
      const picture = await page.evaluate((svg) => {
        const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
        const paths = [...documentElement.querySelectorAll('path[fill^="rgb"]')];
        return {
          root: documentElement.nodeName,
          paths: paths.map((path) => path.getAttribute('d') ?? ''),
          texts: [...documentElement.querySelectorAll('text')].map(
            ({ textContent }) => textContent,
          ),
        };
      }, text);
      expect(picture.root).toBe('svg');
      const clusters = picture.paths
        .flatMap((path) => [...path.matchAll(/h(\d+)v1/g)])
        .reduce((sum, [, width]) => sum + Number(width), 0);
      expect(clusters).toBe(3000);
      expect(picture.texts[0]).toContain(
        'synthetic.qcow2 · Host file · Kinds · 3,000 clusters of 64 KiB',
      );
      expect(picture.texts.some((entry) => entry?.startsWith('active L2 '))).toBe(true);
    });
  });

  it('as SVG has the marks of what is rare, and the shades of density', async () => {
    await withEditor({ image: hostedMap(400_000, true) }, async (editor) => {
      const { page, said } = editor;
      const save = async (): Promise<string> => {
        const before = said.length;
        await editor.post({ type: 'command', command: 'saveSvg' });
        await expect.poll(() => said.slice(before).at(-1)?.type).toBe('saveFile');
        const saved = said.at(-1);
        if (saved?.type !== 'saveFile') throw new Error('nothing saved');
        return new TextDecoder().decode(Uint8Array.from(Object.values(saved.bytes)));
      };
      const colours = (svg: string): number =>
        new Set([...svg.matchAll(/fill="(rgb[^"]*)"/g)].map(([, colour]) => colour)).size;
      const kinds = await save();
      expect(kinds.match(/<g class="mark">/g)?.length).toBeGreaterThan(5);
      await page.click('[title^="Density"]');
      await settled(editor);
      expect(colours(await save())).toBeGreaterThan(colours(kinds));
    });
  });

  it('as PNG is as wide as the view, and higher by title and legend', async () => {
    await withEditor({ image }, async (editor) => {
      const { page, said } = editor;
      await editor.post({ type: 'command', command: 'savePng' });
      await expect.poll(() => said.at(-1)?.type).toBe('saveFile');
      const saved = said.at(-1);
      if (saved?.type !== 'saveFile') throw new Error('nothing saved');
      const bytes = Buffer.from(Uint8Array.from(Object.values(saved.bytes)));
      const box = await page.locator('.heatmap').boundingBox();
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      expect(bytes.readUInt32BE(16)).toBe(Math.round(box?.width ?? 0));
      expect(bytes.readUInt32BE(20)).toBeGreaterThan((box?.height ?? 0) + 60);
    });
  });
});
