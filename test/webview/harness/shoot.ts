import { mkdir } from 'node:fs/promises';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled } from './editorPage.js';
import { EDITOR_STATES, type EditorState } from './editorStates.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { THEMES, type Theme } from './themes.js';

/**
 * Pictures of the webview without VS Code around it, to look at while working on it: every state in
 * every theme, wide, narrow and in a narrow split. `shoot FOLDER [STATE|THEME|WIDTH…]` takes those.
 */
const [folder = 'artefacts/webview', ...wanted] = process.argv.slice(2);
const HEIGHTS: Readonly<Record<string, number>> = { 1440: 900, 800: 900, 480: 800 };

/** Those that were asked for, or all. */
function chosen<T extends string>(all: readonly T[]): readonly T[] {
  const some = all.filter((each) => wanted.includes(each));
  return some.length > 0 ? some : all;
}

const states = Object.keys(EDITOR_STATES);
const widths = Object.keys(HEIGHTS);
const unknown = wanted.find((each) => ![...states, ...widths, ...THEMES].some((a) => a === each));
if (unknown !== undefined) throw new Error(`${unknown}: no state, theme or width`);

await mkdir(folder, { recursive: true });
const browser = await launchBrowser();

async function shoot(name: string, state: EditorState, theme: Theme, width: number): Promise<void> {
  const image = state.image();
  const { curve = 'hilbert', overlap = DEFAULT_OVERLAP, operations = [] } = state;
  const kept = {
    version: 1,
    picture: state.picture,
    pane: { ...state.pane },
    simulation: { operations },
  };
  const editor = await openEditor(browser, {
    ...{ image, theme, width, overlap, state: kept, height: HEIGHTS[width] },
    settings: { curve, renderer: 'canvas' },
    caches: { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' },
  });
  const { page } = editor;
  const isShown = image.events.some((event) => event.type === 'facts' && event.facts.geometry);
  if (isShown) await settled(editor);
  await state.act?.(page);
  if (isShown) await settled(editor);
  await page.screenshot({ path: `${folder}/${name}-${theme}-${width}.png` });
  if (editor.errors.length > 0) throw new Error(`${name}: ${editor.errors.join('\n')}`);
  await page.close();
}

for (const name of chosen(states))
  for (const theme of chosen(THEMES))
    for (const width of chosen(widths))
      await shoot(name, EDITOR_STATES[name], theme, Number(width));
await browser.close();
