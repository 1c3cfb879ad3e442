import { writeFile } from 'node:fs/promises';
import { Animation, smallPng } from './animation.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled } from './editorPage.js';
import { hostedSample } from './hostedImages.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { zoomByFrames } from './measure.js';

/** The pictures of the README: `tour FOLDER`. */
const folder = process.argv[2] ?? 'media';
const browser = await launchBrowser();
const editor = await openEditor(browser, {
  image: hostedSample('database-damaged.qcow2'),
  theme: 'dark',
  settings: { curve: 'hilbert', renderer: 'canvas' },
  overlap: DEFAULT_OVERLAP,
  caches: { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' },
  width: 1200,
  height: 720,
});
const { page } = editor;
const animation = new Animation(page);

async function openTab(name: string): Promise<void> {
  await page.getByRole('tab', { name }).click();
  await settled(editor);
}

async function zoom(deltas: readonly number[]): Promise<void> {
  for (const delta of deltas) {
    await page.evaluate(zoomByFrames, { deltas: [delta, delta] });
    await settled(editor);
    await animation.frame(90);
  }
}

await settled(editor);
await animation.frame(1200);

await openTab('Findings');
await animation.frame(900);
await page.locator('.finding').nth(4).click();
await settled(editor);
await writeFile(`${folder}/editor.png`, await smallPng(browser, await page.screenshot()));
await animation.frame(1600);

await page.mouse.move(330, 240);
await zoom([-90, -90, -90, -90, -90]);
await animation.frame(1400);
await page.keyboard.press('Escape');
await page.getByRole('button', { name: /^Fit the picture/ }).click();
await settled(editor);

await openTab('Structures');
await animation.frame(1100);

await openTab('Overlap');
for (const position of [4, 8, 12, 16]) {
  await page.locator('.slider').evaluate((slider, value) => {
    if (!(slider instanceof HTMLInputElement)) return;
    slider.value = String(value);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }, position);
  await settled(editor);
  await animation.frame(350);
}
await animation.frame(900);

await openTab('Simulate');
const line = page.locator('.simulate input').first();
await line.fill('write 0x50000000 64K');
await animation.frame(700);
await line.press('Enter');
await settled(editor);
await animation.frame(1900);
await page.getByRole('button', { name: 'Sweep disk' }).click();
await page.getByRole('button', { name: 'Show on Map' }).click();
await page.locator('.fates').waitFor();
await settled(editor);
await page.locator('.fates').scrollIntoViewIfNeeded();
await animation.frame(2200);

const gif = await animation.encode(browser);
await writeFile(`${folder}/tour.gif`, gif);
console.log(`${folder}/tour.gif: ${Math.round(gif.length / 1000)} kB`);
await browser.close();
