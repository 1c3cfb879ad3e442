import { writeFile } from 'node:fs/promises';
import { Animation } from './animation.js';
import { launchBrowser, openEditor, settled } from './editorPage.js';
import { hostedSample } from './hostedImages.js';
import { zoomByFrames } from './measure.js';

/** The animation of the README: `tour FILE`. */
const file = process.argv[2] ?? 'media/tour.gif';
const browser = await launchBrowser();
const editor = await openEditor(browser, {
  image: hostedSample('database-damaged.qcow2'),
  theme: 'dark',
  settings: { curve: 'hilbert', renderer: 'canvas' },
  width: 1100,
  height: 680,
});
const { page } = editor;
await settled(editor);
const animation = new Animation(page);
await animation.frame(900);
await page.mouse.move(420, 330);
for (let i = 0; i < 8; i++) {
  await page.evaluate(zoomByFrames, { deltas: [-70, -70] });
  await settled(editor);
  await animation.frame(90);
}
await animation.frame(800);
const gif = await animation.encode(browser);
await writeFile(file, gif);
console.log(`${file}: ${Math.round(gif.length / 1000)} kB`);
await browser.close();
