import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import type { Curve } from '../../../src/protocol/imageService.js';
import type { OverlapOptions } from '../../../src/protocol/overlap.js';
import { launchBrowser, openEditor, settled, type HostedImage } from './editorPage.js';
import { hostedMap, hostedSample, hostedWindows } from './hostedImages.js';
import { DEFAULT_OVERLAP, hostedMail, withWindows } from './hostedWindows.js';
import { THEMES, type Theme } from './themes.js';

/**
 * Pictures of the webview without VS Code around it, to look at while working on it:
 * `shoot FOLDER`.
 */
const folder = process.argv[2] ?? 'artefacts/webview';
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();

const WIDE = { width: 1600, height: 900 };
const TALL = { width: 1600, height: 1300 };
const NARROW = { width: 800, height: 600 };

interface Shot {
  readonly image: HostedImage;
  readonly theme: Theme;
  readonly size: typeof WIDE;
  readonly curve?: Curve;
  readonly overlap?: OverlapOptions;
  /** What VS Code kept of the editor. */
  readonly state?: object;
  readonly act?: (page: Page) => Promise<void>;
}

async function shoot(name: string, shot: Shot): Promise<void> {
  const { image, theme, size, curve = 'hilbert', overlap, state, act } = shot;
  const settings = { curve, renderer: 'canvas' } as const;
  const editor = await openEditor(browser, {
    image,
    theme,
    settings,
    ...size,
    ...(overlap && { overlap }),
    ...(state && { state }),
    caches: { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' },
  });
  const shown = image.events.some((event) => event.type === 'facts' && event.facts.geometry);
  if (shown) await settled(editor);
  await act?.(editor.page);
  await editor.page.waitForTimeout(300);
  await editor.page.screenshot({ path: `${folder}/${name}.png` });
  if (editor.errors.length > 0) throw new Error(`${name}: ${editor.errors.join('\n')}`);
  await editor.page.close();
}

const clickMap = (page: Page): Promise<void> => page.mouse.click(300, 300);

const damaged = hostedSample('database-damaged.qcow2');
const healthy = hostedSample('web-server.qcow2');
const map = hostedMap(271_402, true);

/** Opens nodes of the structures tree by their labels, and selects the last. */
const openNodes =
  (...labels: readonly string[]) =>
  async (page: Page): Promise<void> => {
    await page.click('[role=tab]:has-text("Structures")');
    for (const label of labels) {
      const row = page.locator('.tree-row', { has: page.getByText(label, { exact: true }) });
      await row.first().click();
      await page.waitForTimeout(150);
    }
  };

const windows = hostedWindows();
const UNLIMITED: OverlapOptions = {
  overlapCheck: 'cached',
  types: {},
  bitmapSize: '32K',
  totalSizeLimit: '',
  limitPolicy: 'evict',
};
const LIMITS = {
  unlimited: UNLIMITED,
  evict: { ...UNLIMITED, totalSizeLimit: '11K' },
  fail: { ...UNLIMITED, totalSizeLimit: '11K', limitPolicy: 'fail' },
};

/** Opens the Overlap tab in a wide pane, and in it a window. */
async function openWindow(page: Page): Promise<void> {
  await page.click('[role=tab]:has-text("Overlap")');
  await page.locator('.sash').focus();
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowLeft');
  await page.locator('.window-rows .window-row').nth(3).click();
  await page.locator('.fragment-row').first().waitFor();
  await page.locator('[data-advice]').first().waitFor();
}

/** The Simulate tab with these operations in it. */
const simulated = (...operations: readonly string[]): Pick<Shot, 'state' | 'act'> => ({
  state: {
    version: 1,
    pane: { open: true, width: 400, tab: 'simulate' },
    simulation: { operations, engine: 'today', cache: 'writethrough' },
  },
  act: (page) => page.locator('.verdicts').waitFor(),
});
const overlapping = hostedSample('corrupt-l1-overlap.qcow2');

for (const theme of THEMES) {
  const overlap = DEFAULT_OVERLAP;
  const base = { image: overlapping, theme, size: TALL, overlap };
  await shoot(`verdict-${theme}`, {
    ...base,
    ...simulated('write 0x10000 64K', 'write 0x4d0000 64K'),
  });
  await shoot(`verdict-parted-${theme}`, {
    ...base,
    overlap: { ...overlap, totalSizeLimit: '500' },
    ...simulated('write 0x4d0000 64K'),
  });
  await shoot(`steps-${theme}`, {
    ...base,
    ...simulated('snapshot-create before', 'write 0x10000 192K'),
  });
  await shoot(`damaged-${theme}`, { image: damaged, theme, size: WIDE, act: clickMap });
  await shoot(`healthy-narrow-${theme}`, { image: healthy, theme, size: NARROW });
  const act = openNodes('Active L1 table', '0', 'Header', 'l1_table_offset');
  await shoot(`structures-${theme}`, { image: damaged, theme, size: WIDE, act });
  for (const [limit, overlap] of Object.entries(LIMITS))
    await shoot(`overlap-${limit}-${theme}`, {
      image: windows,
      theme,
      size: TALL,
      overlap,
      act: openWindow,
    });
}
await shoot('structures-narrow', {
  image: damaged,
  theme: 'dark',
  size: NARROW,
  act: openNodes('Refcount table', '0', 'Active L1 table', '0'),
});
await shoot('large', { image: map, theme: 'dark', size: WIDE, act: clickMap });
await shoot('huge', { image: hostedMap(100_000_000, true), theme: 'light', size: WIDE });
await shoot('isolated', {
  image: map,
  theme: 'dark',
  size: WIDE,
  act: (page) => page.click('[data-kind="active-l2"]'),
});
const MAIL_LIMITS: readonly (readonly [name: string, options: OverlapOptions])[] = [
  ['unlimited', DEFAULT_OVERLAP],
  ['evict', { ...DEFAULT_OVERLAP, totalSizeLimit: '24K' }],
  ['fail', { ...DEFAULT_OVERLAP, totalSizeLimit: '24K', limitPolicy: 'fail' }],
];
const mail = hostedMail();
for (const [limit, overlap] of MAIL_LIMITS) {
  for (const theme of THEMES)
    await shoot(`windows-${limit}-${theme}`, { image: mail, theme, size: WIDE, overlap });
  for (const size of [WIDE, NARROW])
    await shoot(`windows-${limit}-rows-${size.width}`, {
      image: mail,
      theme: 'dark',
      size,
      curve: 'rows',
      overlap,
    });
}
await shoot('windows-from-afar', {
  image: withWindows(hostedMap(100_000_000, true)),
  theme: 'dark',
  size: WIDE,
  overlap: DEFAULT_OVERLAP,
});
await shoot('strip', {
  image: mail,
  theme: 'dark',
  size: WIDE,
  overlap: DEFAULT_OVERLAP,
  act: (page) => page.click('.strip', { position: { x: 15, y: 500 } }),
});
await shoot('findings', {
  image: damaged,
  theme: 'dark',
  size: WIDE,
  act: (page) => page.click('[role=tab]:has-text("Findings")'),
});
await shoot('scanning', {
  image: {
    service: map.service,
    events: [
      ...map.events.slice(0, 1),
      { type: 'progress', generation: 1, phase: 'L2 tables', done: 0.43 },
    ],
  },
  theme: 'dark',
  size: NARROW,
});
await shoot('problems', {
  image: hostedSample('tables-past-end.qcow2'),
  theme: 'dark',
  size: NARROW,
});
await shoot('refused', { image: hostedSample('l1-size-2g.qcow2'), theme: 'light', size: NARROW });
await browser.close();
