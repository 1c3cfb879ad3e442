import type { Browser } from 'playwright-core';
import { FileSource } from '../../../src/node/fileSource.js';
import { ImageSession } from '../../../src/session/imageSession.js';
import type { OverlapOptions } from '../../../src/protocol/shapes.js';
import type { ImageEvent } from '../../../src/protocol/imageService.js';
import { WHEEL_ZOOM } from '../../../webview/heatmap/input.js';
import { SCALE_IMAGES } from '../../images/scale.js';
import { scaleFile } from '../../images/scaleFile.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled, type HostedImage } from '../harness/editorPage.js';
import { hostedData, hostedMap } from '../harness/hostedImages.js';
import { withWindows } from '../harness/hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { frameTimes, zoomByFrames } from '../harness/measure.js';
import { MACHINE } from '../../session/machine.js';

/**
 * `node map.mjs FOLDER`: what panning and zooming over a hundred million clusters costs in Chromium,
 * with the worker's part in this process.
 */
const [folder] = process.argv.slice(2);
const WIDE = { width: 1600, height: 900 };
const CELLS = 100_000_000;
const MIB = 2 ** 20;
/** Milliseconds. */
const ADVANCE = 10;
/** Wheel events from the whole picture to single clusters, and of the way back; pixels of each. */
const IN = 50;
const OUT = 25;
const WHEEL = 60;
const OCTAVES = ((IN + OUT) * WHEEL * WHEEL_ZOOM) / Math.LN2;
const percentile = (sorted: readonly number[], part: number): string =>
  `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1)} ms`;

/** An image as the worker scans it. */
function scannedImage(): { image: HostedImage; clusters: number } {
  const path = scaleFile(folder, SCALE_IMAGES.huge);
  const events: ImageEvent[] = [];
  const session = new ImageSession(
    FileSource.open(path),
    'huge.qcow2',
    (event) => {
      events.push(event);
    },
    MACHINE,
  );
  session.start();
  while (session.advance(1000));
  // What is asked for is computed between the questions, as in the worker thread.
  setInterval(() => {
    session.advance(ADVANCE);
  }, ADVANCE).unref();
  const facts = events.find((event) => event.type === 'facts')?.facts;
  const last = events.findLast((event) => event.type === 'scanned');
  if (!facts?.geometry || !last) throw new Error(`${path} has no map`);
  return {
    image: { service: session.service, events: [{ type: 'facts', facts }, last] },
    clusters: facts.geometry.hostClusters,
  };
}

async function pan(
  browser: Browser,
  name: string,
  image: HostedImage,
  overlap?: OverlapOptions,
): Promise<void> {
  const settings = { curve: 'hilbert', renderer: 'canvas' } as const;
  const editor = await openEditor(browser, {
    ...{ image, theme: 'dark', settings, ...WIDE },
    ...(overlap && { overlap }),
  });
  await settled(editor);
  const { page, traffic } = editor;
  const times = await frameTimes(browser, page, async () => {
    await page.mouse.move(600, 450);
    await page.evaluate(zoomByFrames, { deltas: new Array<number>(IN).fill(-WHEEL) });
    await page.mouse.down();
    for (let i = 0; i < 60; i++) await page.mouse.move(600 + 8 * i, 450 + 3 * i);
    await page.mouse.up();
    await page.evaluate(zoomByFrames, { deltas: new Array<number>(OUT).fill(WHEEL) });
  });
  const session = await page.context().newCDPSession(page);
  const { usedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
  const heap = usedSize + backingStorageSize;
  const row = [
    `${times.length} frames: median ${percentile(times, 0.5)}, 95 % ${percentile(times, 0.95)}, worst ${percentile(times, 1)}`,
    `${Math.round(traffic.tiles / OCTAVES)} tiles and ${Math.round(traffic.bytes / OCTAVES / 1000)} kB an octave`,
    `largest tile ${Math.round(traffic.largest / 1000)} kB`,
    `page ${Math.round(heap / MIB)} MiB`,
  ];
  console.log(`${name.padEnd(24)}${row.join('; ')}`);
  await page.close();
}

const browser = await launchBrowser();
const before = process.memoryUsage().rss;
const { image, clusters } = scannedImage();
console.log(
  `\npanning and zooming at ${WIDE.width} × ${WIDE.height}, JavaScript of each frame (its thread's time)`,
);
await pan(browser, `${(clusters / 1e6).toFixed(0)} M clusters, full`, image);
console.log(
  `${''.padEnd(24)}worker's side: ${Math.round((process.memoryUsage().rss - before) / MIB)} MiB`,
);
await pan(browser, `${CELLS / 1e6} M, dense`, hostedMap(CELLS, true));
await pan(
  browser,
  '2,147 M, all windows',
  withWindows(hostedData(2 ** 31 - 5000)),
  DEFAULT_OVERLAP,
);
await browser.close();
