import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostedImage } from '../../harness/editorPage.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import { launchBrowser } from '../../../../scripts/lib/browser.mjs';
import { openEditor, settled, type EditorPage } from '../../harness/editorPage.js';
import { hostedFile, hostedSample } from '../../harness/hostedImages.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { cellCentres, curveOn } from '../../harness/measure.js';
import type { Theme } from '../../harness/themes.js';
import { hostCluster } from '../../../../src/core/units.js';

const DAMAGED = 'corrupt-l1-overlap.qcow2';
/** Its guest cluster 77 lies in the active L1 table. */
const HIT = 'write 0x4d0000 64K';
const OVERLAP = DEFAULT_OVERLAP;
const CACHES = { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

interface Options {
  readonly image?: HostedImage;
  readonly operations?: readonly string[];
  readonly overlap?: Partial<typeof OVERLAP>;
  readonly caches?: Partial<typeof CACHES>;
  readonly theme?: Theme;
  readonly width?: number;
}

async function withPane(
  options: Options,
  test: (editor: EditorPage, page: Page) => Promise<void>,
): Promise<void> {
  const { operations = [] } = options;
  const editor = await openEditor(browser, {
    image: options.image ?? hostedSample(DAMAGED),
    theme: options.theme ?? 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: options.width ?? 1400,
    height: 1000,
    overlap: { ...OVERLAP, ...options.overlap },
    caches: { ...CACHES, ...options.caches },
    state: {
      version: 1,
      pane: { open: true, width: 400, tab: 'simulate' },
      simulation: { operations, engine: 'today', cache: 'writethrough' },
    },
  });
  try {
    await settled(editor);
    await test(editor, editor.page);
    expect(editor.errors).toEqual([]);
  } finally {
    await editor.page.close();
  }
}

const type = async (page: Page, line: string): Promise<void> => {
  await page.fill('[aria-label="Operation"]', line);
  await page.keyboard.press('Enter');
};
const badges = (page: Page): Promise<string[]> =>
  page.locator('.operation .verdict').allInnerTexts();
const rows = (page: Page): Promise<string[]> => page.locator('.verdicts tbody tr').allInnerTexts();
const flat = (text: string): string => text.replace(/\s+/g, ' ').trim();

describe('operations', () => {
  it('are typed one after the other, and each gets its outcome and its verdict', async () => {
    await withPane({}, async (_, page) => {
      await page.locator('.operations + .dim').waitFor();
      await type(page, 'write 0 64K');
      await type(page, HIT);
      await expect.poll(() => badges(page)).toEqual(['passes', 'stopped: active L1']);
      await expect
        .poll(async () => (await rows(page)).map(flat))
        .toEqual([
          'none destroys active L1 destroys active L1',
          'constant stopped: active L1 stopped: active L1',
          'cached (yours) stopped: active L1 stopped: active L1',
          'all stopped: active L1 stopped: active L1',
        ]);
      expect(await page.innerText('.verdict-words')).toBe(
        'Preventing invalid write on metadata (overlaps with active L1 table)',
      );
      await page.click('.verdicts tbody tr:first-child .verdict-cell');
      await expect
        .poll(async () => flat(await page.innerText('.verdict-words')))
        .toBe('Metadata destroyed without a word: active L1 0x30000 by guest data, 64 KiB');
    });
  });

  it('that overwrite data tell whose, and are neither safe nor as bad as destroyed metadata', async () => {
    const image = hostedSample('database-damaged.qcow2');
    await withPane({ image, operations: ['write 0 64K'] }, async (_, page) => {
      await expect.poll(() => badges(page)).toEqual(['overwrites data']);
      const words = async (): Promise<string> => flat(await page.innerText('.verdict-words'));
      await expect
        .poll(words)
        .toContain('guest 0x6c0000 of the active disk, entry 0xa6a0360 guest 0x6c0000 of snapshot');
      expect(await words()).toMatch(
        /^Data overwritten without a word: data 0x710000 by guest data/,
      );
      expect(await page.locator('.verdicts .verdict.loss').count()).toBe(8);
    });
  });

  it('run on what opening a dirty image has repaired, which is told', async () => {
    const dirty = new ImageBuilder({ virtualSize: 64 * 2 ** 20, dirty: true }).write(0).leak(2);
    const image = hostedFile(layOut(dirty), 'dirty.qcow2');
    await withPane({ image, operations: ['write 1M 64K'] }, async (_, page) => {
      await expect.poll(() => badges(page)).toEqual(['passes']);
      const told = page.locator('.opening-repair');
      expect(flat(await told.locator('p').first().innerText())).toBe(
        'The image is dirty: opening it repairs 2 leaks first.',
      );
      await told.locator('summary').first().click();
      expect(await told.locator('.repair-rows tbody tr').count()).toBe(2);
      expect(await told.locator('pre').innerText()).toContain(
        'Repairing cluster 6 refcount=1 reference=0',
      );
    });
  });

  it('are taken back one by one, and a list that was given up comes back', async () => {
    await withPane({ operations: ['write 0 64K', 'flush'] }, async (_, page) => {
      const undo = page.getByRole('button', { name: 'Undo' });
      await type(page, HIT);
      await expect.poll(() => badges(page)).toHaveLength(3);
      await undo.click();
      await expect.poll(() => badges(page)).toEqual(['passes', 'passes']);
      await page.getByRole('button', { name: 'Start again' }).click();
      await expect.poll(() => page.locator('.operation').count()).toBe(0);
      await undo.click();
      await expect.poll(() => badges(page)).toEqual(['passes', 'passes']);
      await undo.click();
      await expect.poll(() => badges(page)).toEqual(['passes']);
    });
  });

  it('that make no sense are refused with qemu-io’s text, and nothing is lost', async () => {
    await withPane({ operations: ['flush'] }, async (_, page) => {
      const alert = page.getByRole('alert');
      for (const [line, text] of [
        ['wrte 0 64K', 'command "wrte" not found'],
        ['write 0 lots', 'Parsing error: non-numeric argument, or extraneous/unrecognized suffix'],
        ['write-compressed 5 64K', "5 is not a sector-aligned value for 'offset'"],
        ['write 0 3G', 'length cannot exceed 2147483136 without -n, given 3G'],
      ]) {
        await type(page, line);
        await expect.poll(() => alert.innerText()).toContain(text);
        expect(await page.inputValue('[aria-label="Operation"]')).toBe(line);
      }
      await type(page, 'write 100G 64K');
      await expect.poll(() => badges(page)).toEqual(['passes', 'fails: Input/output error']);
    });
  });

  it('stay while the settings or the image are refused', async () => {
    const caches = { l2CacheEntrySize: '3000' };
    await withPane({ operations: ['write 0 64K'], caches }, async (editor, page) => {
      await expect
        .poll(() => page.getByRole('alert').innerText())
        .toBe(
          'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
        );
      expect(await page.innerText('.operation-text')).toBe('write 0 64K');
      await editor.post({ type: 'cacheOptions', options: CACHES });
      await expect.poll(() => badges(page)).toEqual(['passes']);
    });
  });

  it('are done again with discard-no-unref, which is written to the settings', async () => {
    await withPane({ operations: ['discard 0 64K'] }, async (editor, page) => {
      const toggle = page.getByRole('button', { name: 'discard-no-unref' });
      expect(await toggle.getAttribute('aria-pressed')).toBe('false');
      const punched = (): Promise<number> =>
        page.getByText('punch hole in kept data', { exact: false }).count();
      await expect.poll(() => badges(page)).toEqual(['passes']);
      expect(await punched()).toBe(0);
      await toggle.click();
      await expect.poll(punched).toBe(1);
      expect(await toggle.getAttribute('aria-pressed')).toBe('true');
      expect(editor.said.at(-1)).toEqual({ type: 'setDiscardNoUnref', discardNoUnref: true });
      // As VS Code has it, whoever changed it.
      await editor.post({ type: 'discardNoUnref', discardNoUnref: false });
      await expect.poll(punched).toBe(0);
    });
  });

  it('are kept with the editor, and followed when another panel has changed them', async () => {
    await withPane({}, async (editor, page) => {
      await type(page, 'write 0 64K');
      await expect.poll(() => badges(page)).toEqual(['passes']);
      const kept = await page.evaluate(() => window.kept);
      expect(kept).toMatchObject({
        simulation: { operations: ['write 0 64K'], engine: 'today', cache: 'writethrough' },
      });
      await editor.post({
        type: 'event',
        event: { type: 'operations', operations: ['flush', HIT] },
      });
      await expect.poll(() => badges(page)).toEqual(['passes', 'stopped: active L1']);
    });
  });

  it('are pasted as lines or as the JSON that was copied', async () => {
    await withPane({ operations: ['write 0 64K', HIT] }, async ({ said }, page) => {
      await expect.poll(() => badges(page)).toHaveLength(2);
      await page.getByRole('button', { name: 'Copy as JSON' }).click();
      await expect.poll(() => said.at(-1)?.type).toBe('copy');
      const copied = said.at(-1);
      const json = copied?.type === 'copy' ? copied.text : '';
      await page.getByRole('button', { name: 'Edit or paste' }).click();
      await page.fill('textarea', 'flush\n# a comment\nwrite 0 x');
      await page.click('.list-editor .button:not(.secondary)');
      await expect
        .poll(() => page.getByRole('alert').innerText())
        .toContain('Line 2: Parsing error');
      await page.fill('textarea', json);
      expect(await page.innerText('.list-editor .button:not(.secondary)')).toBe(
        'Simulate 2 operations',
      );
      await page.click('.list-editor .button:not(.secondary)');
      await expect.poll(() => badges(page)).toEqual(['passes', 'stopped: active L1']);
      await page.getByRole('button', { name: 'Copy as qemu-io' }).click();
      const script = (): string => {
        const last = said.at(-1);
        return last?.type === 'copy' ? last.text : '';
      };
      await expect.poll(script).toContain("-c 'write 0x4d0000 64K'");
    });
  });
});

describe('the command line', () => {
  it('is used by keys alone: completion, earlier lines', async () => {
    await withPane({ operations: ['discard 0 64K', 'flush'] }, async (_, page) => {
      const input = page.locator('[aria-label="Operation"]');
      await input.focus();
      await page.keyboard.type('snapshot-c');
      await page.keyboard.press('Tab');
      await page.keyboard.type('a');
      await page.keyboard.press('Enter');
      await expect.poll(() => badges(page)).toHaveLength(3);
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      expect(await input.inputValue()).toBe('flush');
      await page.keyboard.press('ArrowDown');
      expect(await input.inputValue()).toBe('snapshot-create a');
      await page.keyboard.press('Tab');
      expect(await input.evaluate((element) => element === document.activeElement)).toBe(false);
    });
  });

  it('is a form as well', async () => {
    await withPane({}, async (_, page) => {
      await page.getByRole('button', { name: 'Fill in a form' }).click();
      await page.locator('.draft-form select').selectOption('host-write');
      await page.locator('.draft-form select').nth(1).selectOption('active-l2');
      await page.getByLabel('Host offset').fill('0x20000');
      await page.getByLabel('Length').fill('');
      await page.getByLabel('Length').fill('64K');
      expect(await page.inputValue('.command-row input')).toBe('host-write active-l2 0x20000 64K');
      await page.getByRole('button', { name: 'Simulate' }).click();
      await expect.poll(() => badges(page)).toEqual(['stopped: refcount block']);
    });
  });

  it('takes the place of the selected cluster, on the guest disk or in the file', async () => {
    await withPane({}, async (editor, page) => {
      await editor.post({ type: 'reveal', cluster: hostCluster(10) });
      await page.click('[role=tab]:has-text("Simulate")');
      const line = page.locator('.command-row input');
      await page.click('.command-selected button:has-text("guest")');
      expect(await line.inputValue()).toMatch(/^write 0x[0-9a-f]+ 64K$/);
      await line.fill('discard 0 4K');
      await page.click('.command-selected button:has-text("guest")');
      expect(await line.inputValue()).toMatch(/^discard 0x[0-9a-f]+ 4K$/);
      await page.click('.command-selected button:has-text("host")');
      expect(await line.inputValue()).toBe('host-write data 0xa0000 64K');
    });
  });
});

describe('what is shown', () => {
  it('says why the engines part', async () => {
    const overlap = { totalSizeLimit: '500' };
    await withPane({ operations: [HIT], overlap }, async (_, page) => {
      await expect
        .poll(() => page.innerText('.verdicts .yours td:last-child'))
        .toContain('window 0 unprotected');
      expect(await page.innerText('.reasons')).toContain(
        'Window 0 is unprotected: memory was refused when metadata was entered there.',
      );
      await page.click('.segments button:has-text("structures")');
      await expect.poll(() => badges(page)).toEqual(['destroys active L1']);
    });
  });

  it('lists the steps, and leads from them to the map', async () => {
    const operations = ['snapshot-create s', 'write 0x10000 192K'];
    await withPane({ operations }, async ({ said }, page) => {
      const steps = page.locator('.step');
      await expect.poll(() => steps.count()).toBeGreaterThan(10);
      const texts = (await steps.allInnerTexts()).map(flat);
      expect(
        texts.some((text) => /^\d+ allocate active L2 0x[0-9a-f]+ 1 cluster$/.test(text)),
      ).toBe(true);
      await steps.locator('.link').first().click();
      await expect.poll(() => said.at(-1)?.type).toBe('selected');
      await page.locator('.operation').first().click();
      await expect.poll(() => page.innerText('#verdict-title')).toMatch(/operation 1$/i);
      await expect.poll(async () => flat(await steps.first().innerText())).not.toBe(texts[0]);
    });
  });

  it('marks on the map what is hit while the tab is open', async () => {
    const image = hostedSample(DAMAGED);
    await withPane({ image, operations: [HIT] }, async (_, page) => {
      await page.locator('.step').first().waitFor();
      const facts = image.events.find((event) => event.type === 'facts');
      const clusters = facts?.facts.geometry?.hostClusters ?? 0;
      const curve = await curveOn(page, 'hilbert', clusters);
      const [hit, other] = await cellCentres(page, [curve.point(3), curve.point(40)], curve.filled);
      const opaque = (): Promise<boolean[] | undefined> =>
        page.evaluate(
          (points) => {
            const canvas = document.querySelector<HTMLCanvasElement>('.heatmap canvas.simulation');
            const context = canvas?.getContext('2d');
            if (!canvas || !context || canvas.style.visibility === 'hidden') return undefined;
            return points.map(({ x, y }) => context.getImageData(x, y, 1, 1).data[3] > 0);
          },
          [hit, other],
        );
      await expect.poll(opaque).toEqual([true, false]);
      await page.click('[role=tab]:has-text("Findings")');
      await expect.poll(opaque).toBeUndefined();
    });
  });

  it('tells the difference on disk when it is asked', async () => {
    await withPane({ operations: ['write 3G 64K'] }, async (_, page) => {
      await page.getByRole('button', { name: 'Show what is different' }).click();
      await expect
        .poll(() => page.innerText('.difference'))
        .toContain('Refcounts, by host cluster');
    });
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    const overlap = { totalSizeLimit: '500' };
    await withPane(
      { overlap, operations: ['write 0 64K', HIT], width: 900 },
      async (editor, page) => {
        await page.locator('.step').first().waitFor();
        await page.locator('.reasons').waitFor();
        await page.click('.verdicts tbody tr:first-child .verdict-cell');
        await page.getByRole('button', { name: 'Fill in a form' }).click();
        await page.getByRole('button', { name: 'Show what is different' }).click();
        expect(await objections(editor)).toEqual(NO_OBJECTIONS);
      },
    );
  });
});

describe('the sizes of the metadata caches', () => {
  it('are set in fields that say what they cover, and refused in QEMU’s words', async () => {
    await withPane({}, async (editor, page) => {
      const caches = page.locator('.cache-settings');
      await caches.locator('summary').click();
      const told = caches.locator('#l2CacheSize-told');
      await expect.poll(() => told.innerText()).toMatch(/ covers all of the disk, /);
      await page.fill('#l2CacheSize', '1K');
      await page.keyboard.press('Enter');
      await expect.poll(() => told.innerText()).toMatch(/ · QEMU by itself: .* covers all of/);
      await page.fill('#cacheSize', '512');
      await page.keyboard.press('Enter');
      await expect
        .poll(() => caches.locator('.field-error').innerText())
        .toBe('l2-cache-size may not exceed cache-size');
      expect(await page.locator('#cacheSize').getAttribute('aria-invalid')).toBe('true');
      expect(editor.said.filter(({ type }) => type === 'setCaches').at(-1)).toEqual({
        type: 'setCaches',
        options: { ...CACHES, l2CacheSize: '1K', cacheSize: '512' },
      });
    });
  });
});
