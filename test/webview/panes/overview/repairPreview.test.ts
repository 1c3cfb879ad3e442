import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import type { EditorPage, HostedImage, PageOptions } from '../../harness/editorPage.js';
import { hostedFile, hostedSample } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

const damaged = hostedSample('database-damaged.qcow2');

/** Snapshots and a bitmap: any repair deletes the snapshots. */
const withBitmap = (): HostedImage => {
  const image = new ImageBuilder({ virtualSize: 2 ** 24 });
  image.write(0, 16);
  image.snapshot({ name: 'keep' });
  image.write(4, 4);
  image.bitmap({ name: 'backup', granularityBits: 16, dirty: [[0, 4]] });
  image.leak(2);
  return hostedFile(layOut(image), 'snapshots.qcow2');
};

const withEditor = editorTests(() => ({
  image: damaged,
  width: 1440,
  height: 900,
  state: { version: 1, pane: { open: true, width: 520, tab: 'overview' } },
}));
const withPreview = (
  image: HostedImage,
  test: (editor: EditorPage) => Promise<void>,
  options: Partial<PageOptions> = {},
): Promise<void> => withEditor({ image, ...options }, test);

const copied = ({ said }: EditorPage): string[] =>
  said.flatMap((message) => (message.type === 'copy' ? [message.text] : []));

const open = async ({ page }: EditorPage): Promise<void> => {
  await page.getByRole('button', { name: 'Preview Repair' }).click();
  await page.locator('.repair-table').waitFor();
};

const cells = async ({ page }: EditorPage, row: string): Promise<string[]> =>
  page
    .locator('.repair-table tr', { has: page.getByRole('rowheader', { name: row }) })
    .locator('td')
    .allInnerTexts();

describe('repair preview', () => {
  it('sets both repairs beside doing nothing, and has a way back', async () => {
    await withPreview(hostedSample('leaks.qcow2'), async (editor) => {
      const { page } = editor;
      await open(editor);
      expect(await cells(editor, 'exit code')).toEqual(['3', '0', '0']);
      expect((await cells(editor, 'leaks'))[1]).toMatch(/^0 · [\d,]+ repaired$/);
      expect(await page.locator('[data-mode="all"] .repair-verdict').innerText()).toMatch(
        /^Safe: /,
      );
      const leaks = /^0 · ([\d,]+) repaired$/.exec((await cells(editor, 'leaks'))[1])?.[1];
      await page.getByRole('button', { name: 'Changes', exact: true }).click();
      const freed = page.locator('.legend .entry', { hasText: 'given free' });
      await expect.poll(() => freed.locator('.count').innerText()).toBe(leaks);
      // The map before and after has colours of kinds; the leaks are gone then.
      const free = page.locator('.legend [data-kind="unallocated"] .count');
      const leaked = page.locator('.legend [data-trouble="leak"]');
      await page.getByRole('button', { name: 'Before', exact: true }).click();
      await leaked.first().waitFor();
      await page.getByRole('button', { name: 'After', exact: true }).click();
      await free.waitFor();
      await expect.poll(() => leaked.count()).toBe(0);
      await page.getByRole('button', { name: 'Overview', exact: true }).click();
      await page.locator('.overview-verdict').waitFor();
      expect(await page.locator('.repair-table').count()).toBe(0);
    });
  });

  it('gives the commands of a safe repair, on a copy', async () => {
    await withPreview(hostedSample('leaks.qcow2'), async (editor) => {
      await open(editor);
      await editor.page.getByRole('button', { name: 'Copy Commands' }).click();
      await expect
        .poll(() => copied(editor))
        .toEqual([
          "cp -n 'leaks.qcow2' 'leaks.qcow2.copy'\nqemu-img check -f qcow2 -r all 'leaks.qcow2.copy'",
        ]);
    });
  });

  it('has no command for a repair that destroys', async () => {
    await withPreview(withBitmap(), async (editor) => {
      const { page } = editor;
      await open(editor);
      expect(
        await page.locator('.repair-verdict[data-verdict="destroys"]').allInnerTexts(),
      ).toEqual(["Destroys snapshot 'keep'", "Destroys snapshot 'keep'"]);
      expect(await cells(editor, 'snapshots')).toEqual(['1', '0', '0']);
      expect(await cells(editor, 'keep')).toEqual(['fine', 'gone', 'gone']);
      expect(await page.locator('.repair-preview').innerText()).not.toContain('check -f qcow2 -r');
      const copy = page.getByRole('button', { name: 'Copy Commands' });
      if ((await copy.count()) > 0) await copy.click();
      expect(copied(editor).join()).not.toContain(' -r ');
    });
  });

  it('lists the changes of the column that is picked, with places that lead to the map', async () => {
    await withPreview(damaged, async (editor) => {
      const { page } = editor;
      await open(editor);
      const title = page.locator('.repair-changes .section-title');
      expect(await title.innerText()).toMatch(/check -r all$/i);
      await page.getByRole('button', { name: /^check -r leaks/ }).click();
      await expect.poll(() => title.innerText()).toMatch(/check -r leaks$/i);
      expect(await page.locator('th.picked').getAttribute('data-mode')).toBe('leaks');
      expect(await page.locator('.repair-rows').count()).toBe(0);
      await page.getByRole('button', { name: /^check -r all/ }).click();
      await page.locator('.repair-rows .link').first().click();
      await expect.poll(() => editor.said.some(({ type }) => type === 'selected')).toBe(true);
      expect(await page.locator('.repair-table').count()).toBe(1);
    });
  });

  it('tells what is written step by step, and the map follows', async () => {
    await withPreview(damaged, async (editor) => {
      const { page } = editor;
      await open(editor);
      await page.getByRole('button', { name: 'Step by Step' }).click();
      const steps = page.locator('.repair-step');
      const pressed = page.locator('.repair-step[aria-pressed="true"] > :first-child');
      expect(await pressed.innerText()).toBe('1');
      const all = await steps.count();
      expect(all).toBeGreaterThan(1);
      await page.getByRole('button', { name: 'Next step' }).click();
      await expect.poll(() => pressed.innerText()).toBe('2');
      await expect.poll(() => editor.said.some(({ type }) => type === 'selected')).toBe(true);
      const marks = page.locator('canvas.simulation');
      await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('visible');
      await page.getByRole('button', { name: 'By Structure' }).click();
      await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('hidden');
      await page.getByRole('button', { name: /^check -r leaks/ }).click();
      expect(await page.locator('.repair-step').count()).toBe(0);
    });
  });

  it('is reached from a finding too', async () => {
    await withPreview(damaged, async (editor) => {
      const { page } = editor;
      await page.click('#tab-findings');
      await page.locator('.finding-slot button').first().click();
      await page.getByRole('button', { name: 'Preview it' }).click();
      await page.locator('.repair-table').waitFor();
      expect(await page.getAttribute('#tab-overview', 'aria-selected')).toBe('true');
    });
  });

  it.each([440, 800, 1440])('cuts nothing at %i pixels', async (width) => {
    await withPreview(
      damaged,
      async (editor) => {
        await open(editor);
        const wide = await editor.page
          .locator('#side-panel .repair-table, #side-panel .repair-table *')
          .evaluateAll((elements) =>
            elements
              .filter(
                ({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1,
              )
              .map((element) => element.outerHTML.slice(0, 100)),
          );
        expect(wide).toEqual([]);
      },
      { width },
    );
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    for (const image of [damaged, withBitmap()])
      await withPreview(image, async (editor) => {
        const { page } = editor;
        await open(editor);
        await page.locator('.repair-messages summary').click();
        expect(await objections(editor)).toEqual(NO_OBJECTIONS);
      });
  });
});
