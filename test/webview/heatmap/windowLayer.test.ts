import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markOfCode } from '../../../src/core/overlap/windowMarks.js';
import { valuesOf } from '../../../src/core/picture/layer.js';
import { WindowGrid } from '../../../src/core/picture/windowGrid.js';
import { windowOf } from '../../../src/core/picture/windowNumber.js';
import { parseColour } from '../../../webview/heatmap/palette.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor, settled } from '../harness/editorPage.js';
import { hostedMail } from '../harness/hostedWindows.js';
import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { cellCentres, curveOn, pixelsAt } from '../harness/measure.js';
import type { OverlapQuery } from '../../../src/protocol/questions.js';

const NAMES = valuesOf({ view: 'host', layer: 'windows' });

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The states of the windows under these settings, by number. */
function statesUnder(query: OverlapQuery): string[] {
  const answer = hostedMail().service.overlap(query);
  if (answer.state !== 'built') throw new Error(`the structures are ${answer.state}`);
  const states: string[] = [];
  for (let i = 0; i < answer.marks.length; i += 2) {
    const { form, exposure } = markOfCode(answer.marks[i]);
    states.push(...new Array<string>(answer.marks[i + 1]).fill(exposure ?? form));
  }
  return states;
}

/** The states that the middles of the windows have the colours of. */
async function drawnStates(page: Page, windows: number, clusters: number): Promise<string[]> {
  const grid = new WindowGrid(await curveOn(page, 'hilbert', clusters, true));
  const cells = Array.from({ length: windows }, (_, window) => {
    const { first, end } = grid.stretch(window);
    return grid.curve.point(Math.floor((first + end) / 2));
  });
  const points = await cellCentres(page, cells, grid.curve.filled);
  const pixels = await pixelsAt(page, points);
  const colours = await page.evaluate(
    (names) =>
      names.map((name) => getComputedStyle(document.body).getPropertyValue(`--windows-${name}`)),
    NAMES,
  );
  const names = new Map<string, string>(
    colours.map((text, value) => {
      const { red, green, blue } = parseColour(text);
      return [`${red},${green},${blue},255`, NAMES[value]] as const;
    }),
  );
  return pixels.map((pixel) => names.get(String(pixel)) ?? String(pixel));
}

describe('the layer of overlap windows', () => {
  it('has the state of each window, and follows settings and steps', async () => {
    const image = hostedMail();
    const [facts] = image.events;
    if (facts.type !== 'facts' || !facts.facts.geometry) throw new Error('no map');
    const clusters = facts.facts.geometry.hostClusters;
    const windows = windowOf(clusters - 1) + 1;
    const state = {
      version: 1,
      windows: false,
      picture: { view: 'host', layer: 'windows' },
      pane: { open: true, width: 420, tab: 'overlap' },
    };
    const editor = await openEditor(browser, {
      image,
      theme: 'dark',
      settings: { curve: 'hilbert', renderer: 'canvas' },
      overlap: DEFAULT_OVERLAP,
      width: 1400,
      height: 900,
      state,
    });
    const { page } = editor;
    await page.locator('.map[data-layer=windows]').waitFor();
    await settled(editor);
    const drawn = (): Promise<string[]> => drawnStates(page, windows, clusters);

    const opened = statesUnder({ options: DEFAULT_OVERLAP });
    expect(new Set(opened).size).toBe(2);
    await expect.poll(drawn).toEqual(opened);
    await page.locator('[data-kind=cached] .count').waitFor();

    const tight = { ...DEFAULT_OVERLAP, totalSizeLimit: '24K', limitPolicy: 'fail' };
    const limited = statesUnder({ options: tight });
    expect(new Set(limited)).toContain('lost');
    await editor.post({ type: 'overlapOptions', options: tight });
    await expect.poll(drawn).toEqual(limited);
    const lost = page.locator('.entry[data-kind=lost]');
    await lost.waitFor();
    expect(await lost.textContent()).toContain('unprotected: lost');

    // Asked last: what the stepper asks.
    const position = 40;
    const early = statesUnder({ options: tight, position });
    expect(early).not.toEqual(limited);
    await page.locator('.stepper input[type=range]').fill(String(position));
    await expect.poll(drawn).toEqual(early);

    await editor.post({
      type: 'overlapOptions',
      options: { ...DEFAULT_OVERLAP, overlapCheck: 'none' },
    });
    await page.getByText('Overlap: nothing is guarded').waitFor();
    expect(editor.errors).toEqual([]);
    await page.close();
  });
});
