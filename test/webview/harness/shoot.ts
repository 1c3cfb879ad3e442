import { mkdir } from 'node:fs/promises';
import { launchBrowser, openEditor, settled } from './editorPage.js';
import { hostedMap, hostedSample } from './hostedImages.js';
import type { Theme } from './themes.js';

/**
 * Pictures of the webview without VS Code around it, to look at while working on it:
 * `shoot FOLDER`.
 */
const folder = process.argv[2] ?? 'artefacts/webview';
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();

const WIDE = { width: 1600, height: 900 };
const NARROW = { width: 800, height: 600 };
const settings = { curve: 'hilbert', renderer: 'canvas' } as const;

async function shoot(
  name: string,
  sample: string,
  theme: Theme,
  size: typeof WIDE,
  select?: [number, number],
): Promise<void> {
  const image = sample.startsWith('map:')
    ? hostedMap(Number(sample.slice(4)), true)
    : hostedSample(sample);
  const editor = await openEditor(browser, { image, theme, settings, ...size });
  if (image.events.some((event) => event.type === 'facts' && event.facts.geometry))
    await settled(editor);
  else await editor.page.waitForTimeout(300);
  if (select) {
    await editor.page.mouse.click(...select);
    await editor.page.waitForTimeout(400);
  }
  await editor.page.screenshot({ path: `${folder}/${name}.png` });
  for (const said of editor.said) if (said.type === 'copy') console.error(name, said.text);
  await editor.page.close();
}

await shoot('dark-wide', 'map:271402', 'dark', WIDE, [500, 300]);
await shoot('damaged-dark', 'database-damaged.qcow2', 'dark', WIDE, [500, 300]);
await shoot('damaged-light', 'database-damaged.qcow2', 'light', WIDE, [500, 300]);
await shoot('hc', 'web-server.qcow2', 'highContrast', WIDE, [500, 300]);
await shoot('hc-light', 'web-server.qcow2', 'highContrastLight', NARROW);
await shoot('narrow', 'map:20000', 'light', NARROW);
await shoot('refused', 'cluster-bits-40.qcow2', 'dark', NARROW);
await shoot('overlap', 'corrupt-l1-overlap.qcow2', 'dark', WIDE, [300, 300]);
await shoot('huge', 'map:100000000', 'dark', WIDE);
await browser.close();
