import { mkdir } from 'node:fs/promises';
import { launchBrowser, openEditor, type HostedImage } from './editorPage.js';
import { hostedSample } from './hostedImages.js';
import { DEFAULT_OVERLAP } from './hostedWindows.js';
import { THEMES, type Theme } from './themes.js';
import type { KeptCamera } from '../../../webview/viewState.js';
import { LAYERS, VIEWS, type Picture } from '../../../src/core/picture/layer.js';

/** Pictures of every view and layer, to look at: `shootLayers FOLDER [THEME…]`. */
const [folder = 'artefacts/layers', ...wanted] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
const settings = { curve: 'hilbert', renderer: 'canvas' } as const;

/** So near that subclusters are told apart. */
const CLOSE: KeptCamera = { view: 'guest', curve: 'hilbert', x: 40, y: 20, scale: 30 };

async function shoot(
  name: string,
  image: HostedImage,
  theme: Theme,
  width: number,
  picture: Picture,
  camera?: KeptCamera,
): Promise<void> {
  const state = {
    version: 1,
    picture,
    camera,
    pane: { open: width > 1000, width: 340, tab: 'cluster' },
  };
  const height = width > 1000 ? 900 : 600;
  const overlap = DEFAULT_OVERLAP;
  const editor = await openEditor(browser, {
    image,
    theme,
    settings,
    overlap,
    width,
    height,
    state,
  });
  const { page } = editor;
  await page.waitForSelector(`.map[data-view=${picture.view}][data-layer=${picture.layer}]`);
  await page.waitForTimeout(700);
  if (width > 1000) await page.mouse.click(500, 420);
  await page.mouse.move(470, 330);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${folder}/${name}.png` });
  if (editor.errors.length > 0) throw new Error(`${name}: ${editor.errors.join('\n')}`);
  await page.close();
}

const server = hostedSample('web-server.qcow2');
const damaged = hostedSample('database-damaged.qcow2');
const pages = hostedSample('page-store-extended-l2.qcow2');
const layers = LAYERS.filter((layer) => layer !== 'simulation');
for (const theme of THEMES.filter((each) => wanted.length === 0 || wanted.includes(each))) {
  for (const view of VIEWS)
    for (const layer of layers) {
      const image = layer === 'differences' ? damaged : server;
      for (const width of [1600, 800])
        await shoot(`${view}-${layer}-${width}-${theme}`, image, theme, width, { view, layer });
    }
  await shoot(`guest-pages-1600-${theme}`, pages, theme, 1600, { view: 'guest', layer: 'kinds' });
  await shoot(
    `guest-pages-close-${theme}`,
    pages,
    theme,
    1600,
    { view: 'guest', layer: 'kinds' },
    CLOSE,
  );
}
await browser.close();
