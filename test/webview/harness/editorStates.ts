import type { Page } from 'playwright-core';
import { LAYERS, VIEWS, type Picture } from '../../../src/core/picture/layer.js';
import type { Tab } from '../../../webview/state/viewState.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { answering, DAMAGED, diagnosed, HEALTHY, LEAKING, UNREADABLE } from './diagnoses.js';
import type { HostedImage } from './editorPage.js';
import { hostedFile, hostedMap, hostedSample } from './hostedImages.js';
import { hostedMail, withWindows } from './hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import type { SparseFile } from '../../images/pieces.js';
import type { CurveName } from '../../../src/core/picture/curve.js';
import type { OverlapOptions } from '../../../src/protocol/shapes.js';

/** A state of the editor that one should have seen. */
export interface EditorState {
  readonly image: () => HostedImage;
  readonly overlap?: OverlapOptions;
  readonly curve?: CurveName;
  readonly picture?: Picture;
  readonly pane?: { readonly open?: boolean; readonly width?: number; readonly tab?: Tab };
  readonly operations?: readonly string[];
  /** What a user does then. */
  readonly act?: (page: Page) => Promise<void>;
}

const once = (make: () => HostedImage): (() => HostedImage) => {
  let made: HostedImage | undefined;
  return () => (made ??= make());
};
const healthy = once(() => hostedSample('web-server.qcow2'));
const damaged = once(() => hostedSample('database-damaged.qcow2'));
const overlapping = once(() => hostedSample('corrupt-l1-overlap.qcow2'));
const pages = once(() => hostedSample('page-store-extended-l2.qcow2'));
const huge = once(() => withWindows(hostedMap(100_000_000, true)));

/** As far as the scan was when the picture was taken. */
const reading = (image: HostedImage, events: number, done?: number): HostedImage => ({
  service: image.service,
  events: [
    ...image.events.slice(0, events),
    ...(done === undefined
      ? []
      : [{ type: 'progress', generation: 1, phase: 'L2 tables', done } as const]),
  ],
});

/** Clicks on the middle of the map. */
const clickMap = (page: Page): Promise<void> => page.locator('.heatmap').click();

const zoomIn =
  (steps: number) =>
  async (page: Page): Promise<void> => {
    await page.locator('.heatmap').click();
    for (let step = 0; step < steps; step++) await page.keyboard.press('+');
  };

/** Turns the wheel over a place of the map, in parts of its width and height. */
const wheelAt =
  (across: number, down: number, turns: number) =>
  async (page: Page): Promise<void> => {
    const box = await page.locator('.heatmap').boundingBox();
    if (!box) throw new Error('there is no map');
    await page.mouse.move(box.x + across * box.width, box.y + down * box.height);
    for (let turn = 0; turn < turns; turn++) await page.mouse.wheel(0, -200);
  };

/** Goes somewhere by the Tab key. */
const tabTo =
  (selector: string) =>
  async (page: Page): Promise<void> => {
    const isThere = (): Promise<boolean> =>
      page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
    for (let press = 0; press < 40 && !(await isThere()); press++) await page.keyboard.press('Tab');
  };

/** Opens nodes of the tree by their labels, and selects the last. */
const openNodes =
  (...labels: readonly string[]) =>
  async (page: Page): Promise<void> => {
    for (const label of labels) {
      const row = page.locator('.tree-row', { has: page.getByText(label, { exact: true }) });
      await row.first().click();
      await page.waitForFunction(() => window.asked === window.answered);
    }
  };

/** Opens the first window that holds anything. */
async function openWindow(page: Page): Promise<void> {
  await page.locator('.window-rows .window-row:has(.kind-swatches .swatch)').first().click();
  await page.locator('.fragment-row').first().waitFor();
  await page.locator('[data-advice]').first().waitFor();
}

/** Scrolls to the conflict map of the whole disk. */
async function sweep(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sweep disk' }).click();
  await page.locator('.fates').waitFor();
  await page.getByRole('button', { name: 'Show on Map' }).click();
  await page.locator('.fates').scrollIntoViewIfNeeded();
}

const verdictSeen = (page: Page): Promise<void> => page.locator('.verdicts').waitFor();
const TIGHT: OverlapOptions = { ...DEFAULT_OVERLAP, totalSizeLimit: '24K' };

/** 768 L2 tables among 393,216 clusters of data. */
export function manyTables(): SparseFile {
  const image = new ImageBuilder({ virtualSize: 1.5 * 2 ** 30, clusterBits: 12 });
  image.write(0, 393_216);
  return layOut(image);
}

/** 40 MiB of 1 TiB. */
export function sparseDisk(): SparseFile {
  const image = new ImageBuilder({ virtualSize: 2 ** 40 });
  image.write(5_000_000, 640);
  return layOut(image);
}

function layerStates(): Record<string, EditorState> {
  const states: Record<string, EditorState> = {};
  for (const view of VIEWS)
    for (const layer of LAYERS) {
      // Its colours are those of a sweep, which has a state of its own.
      if (layer === 'simulation') continue;
      const image = layer === 'differences' ? damaged : healthy;
      states[`${view}-${layer}`] = { image, picture: { view, layer }, act: clickMap };
    }
  return states;
}

/** All of them, by name. */
export const EDITOR_STATES: Readonly<Record<string, EditorState>> = {
  opening: { image: () => reading(healthy(), 0) },
  loading: { image: () => reading(huge(), 1, 0.43) },
  cancelled: {
    image: () => {
      const { service, events } = damaged();
      return { service, events: [...events.slice(0, 1), { type: 'cancelled', generation: 1 }] };
    },
  },
  overview: { image: () => diagnosed(hostedMap(481_690, true), DAMAGED) },
  'overview-all-open': {
    image: () => diagnosed(damaged(), DAMAGED),
    act: async (page) => {
      const closed = page.locator('.cause [aria-expanded="false"]');
      while ((await closed.count()) > 0) await closed.first().click();
    },
  },
  'overview-healthy': { image: () => diagnosed(healthy(), HEALTHY) },
  'overview-backed': {
    image: () => diagnosed(hostedSample('developer-overlay.qcow2'), HEALTHY),
    act: (page) => page.locator('.bytes-part').first().click(),
  },
  'overview-leaking': {
    image: () => diagnosed(hostedMap(481_690, true), LEAKING),
    act: (page) => page.locator('.cause button').first().click(),
  },
  'overview-computing': {
    image: () => answering(damaged(), () => ({ state: 'computing', done: 0.4 })),
  },
  'overview-unreadable': {
    image: () => diagnosed(hostedSample('tables-past-end.qcow2'), UNREADABLE),
  },
  empty: {
    image: () => hostedFile(layOut(new ImageBuilder({ virtualSize: 2 ** 36 })), 'new.qcow2'),
  },
  healthy: { image: healthy, act: clickMap },
  rows: { image: healthy, curve: 'rows' },
  'focus-toolbar': { image: healthy, act: tabTo('[data-curve="rows"]') },
  'focus-map': {
    image: healthy,
    act: async (page) => {
      await tabTo('.heatmap')(page);
      for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
    },
  },
  'focus-tab': { image: healthy, act: tabTo('[role=tab]') },
  'focus-tree': {
    image: healthy,
    pane: { tab: 'tree' },
    act: async (page) => {
      await tabTo('.tree')(page);
      await page.keyboard.press('ArrowDown');
    },
  },
  findings: {
    image: damaged,
    pane: { tab: 'findings' },
    act: (page) => page.locator('.finding').nth(4).click(),
  },
  structures: {
    image: damaged,
    pane: { tab: 'tree' },
    act: openNodes('Active L1', '0', 'Header', 'l1_table_offset'),
  },
  overlap: { image: hostedMail, pane: { tab: 'overlap' }, act: openWindow },
  'overlap-evict': { image: hostedMail, overlap: TIGHT, pane: { tab: 'overlap' } },
  'overlap-fail': {
    image: hostedMail,
    overlap: { ...TIGHT, limitPolicy: 'fail' },
    pane: { tab: 'overlap', width: 720 },
    act: openWindow,
  },
  'simulate-empty': { image: overlapping, pane: { tab: 'simulate' } },
  'simulate-verdict': {
    image: overlapping,
    pane: { tab: 'simulate' },
    operations: ['write 0x10000 64K', 'write 0x4d0000 64K'],
    act: verdictSeen,
  },
  'simulate-steps': {
    image: overlapping,
    pane: { tab: 'simulate' },
    operations: ['snapshot-create before', 'write 0x10000 192K'],
    act: async (page) => {
      await verdictSeen(page);
      await page.locator('.step').first().scrollIntoViewIfNeeded();
    },
  },
  'simulate-conflicts': {
    image: overlapping,
    pane: { tab: 'simulate' },
    act: sweep,
  },
  ranges: { image: damaged, pane: { tab: 'ranges' } },
  'guest-subclusters': { image: pages, picture: { view: 'guest', layer: 'kinds' }, act: clickMap },
  'guest-close': {
    image: pages,
    picture: { view: 'guest', layer: 'kinds' },
    act: wheelAt(0.06, 0.26, 12),
  },
  cells: { image: damaged, act: zoomIn(8) },
  problems: { image: () => hostedSample('tables-past-end.qcow2') },
  refused: { image: () => hostedSample('l1-size-2g.qcow2') },
  'not-qcow2': { image: () => hostedSample('not-qcow2.qcow2') },
  unreadable: {
    image: () => ({
      service: healthy().service,
      events: [{ type: 'failed', message: "EACCES: permission denied, open '/srv/vm/disk.qcow2'" }],
    }),
  },
  'changed-in-use': {
    image: () => ({
      ...healthy(),
      events: [...healthy().events, { type: 'file', changed: 'since', use: 'writing' }],
    }),
  },
  'do-not-repair': {
    image: () => hostedSample('web-server.qcow2'),
    pane: { tab: 'findings' },
    act: async (page) => {
      await page.locator('.finding').first().click();
    },
  },
  huge: { image: huge },
  'many-tables': { image: () => hostedFile(manyTables(), 'build-cache.qcow2') },
  density: {
    image: huge,
    act: (page) => page.getByRole('button', { name: 'Density' }).click(),
  },
  'guest-sparse': {
    image: () => hostedFile(sparseDisk(), 'archive.qcow2'),
    picture: { view: 'guest', layer: 'kinds' },
  },
  ...layerStates(),
};
