import { describe, expect, it } from 'vitest';
import type { ToldLayer } from '../../../../src/protocol/chain.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import type { EditorPage, HostedImage } from '../../harness/editorPage.js';
import { hostedFile, hostedSample } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

const MIB = 2 ** 20;

/** Above a base: snapshots, bitmaps, leaks; larger than its disk. */
const fat = (): HostedImage => {
  const image = new ImageBuilder({
    virtualSize: 8 * MIB,
    backing: { name: '../base.qcow2', format: 'qcow2' },
  });
  image.write(0, 100);
  image.snapshot({ name: 'before' });
  image.write(0, 100);
  image.snapshot({ name: 'after' });
  image.write(0, 16);
  image.leak(20);
  return hostedFile(layOut(image), 'fat.qcow2');
};

const withBitmaps = (): HostedImage => {
  const image = new ImageBuilder({ virtualSize: 8 * MIB });
  image.write(0, 60);
  for (const name of ['mon', 'tue']) image.bitmap({ name, granularityBits: 16, dirty: [[0, 60]] });
  image.snapshot({ name: 'before' });
  image.leak(3);
  return hostedFile(layOut(image), 'bits.qcow2');
};

const NOTHING = { error: undefined, notes: [], commit: undefined, fold: undefined };
const LAYERS: readonly ToldLayer[] = [
  {
    ...NOTHING,
    filename: '/vm/fat.qcow2',
    naming: undefined,
    format: 'qcow2',
    path: '/vm/fat.qcow2',
    virtualSize: 8 * MIB,
    allocatedBytes: 14 * MIB,
    bytes: { data: 6 * MIB, visible: 6 * MIB, shadowed: 0, unreachable: 0 },
    commit: { written: 6 * MIB, added: 4 * MIB, overwritten: 2 * MIB, zeroed: 0, grows: 2 * MIB },
    fold: { written: 6 * MIB, added: 4 * MIB, overwritten: 2 * MIB, zeroed: 0, grows: 2 * MIB },
  },
  {
    ...NOTHING,
    filename: '/base.qcow2',
    naming: { name: '../base.qcow2', relativeTo: '/vm', leavesFolder: true },
    format: 'qcow2',
    path: '/base.qcow2',
    virtualSize: 6 * MIB,
    allocatedBytes: 3 * MIB,
    notes: ['shorter than the disk above, which reads zeros behind its end'],
    bytes: { data: 3 * MIB, visible: MIB, shadowed: 2 * MIB, unreachable: 0 },
  },
];

const withEditor = editorTests(() => ({
  image: fat(),
  width: 1440,
  height: 900,
  state: { version: 1, pane: { open: true, width: 520, tab: 'space' } },
}));

const ready = ({ page }: EditorPage): Promise<void> => page.locator('.space-answer').waitFor();

describe('Space', () => {
  it('says why the file is larger than its disk, and the bill adds up to the file', async () => {
    await withEditor({}, async (editor) => {
      const { page } = editor;
      await ready(editor);
      const answer = await page.locator('.space-answer').innerText();
      expect(answer).toMatch(/\nThe file is [\d.]+ MiB larger than the disk it holds/);
      expect(answer).toContain('needed by its 2 snapshots alone');
      expect(answer).toContain('leaked');
      const parts = page.locator('.bytes-part');
      const kinds = await parts.evaluateAll((all) =>
        all.map((part) => part.getAttribute('data-part')),
      );
      expect(kinds.slice(0, 3)).toEqual(['data', 'shared-data', 'snapshot-data']);
      expect(kinds).toContain('leaked');
      await page.locator('.bytes-part[data-part="data"]').click();
      await expect.poll(() => page.locator('.layer-menu').inputValue()).toBe('snapshots');
      await expect
        .poll(() => page.locator('.bytes-part[data-part="data"]').getAttribute('aria-pressed'))
        .toBe('true');
      await page.locator('.bytes-part[data-part="refcount-block"]').click();
      await expect.poll(() => page.locator('.layer-menu').inputValue()).toBe('kinds');
    });
  });

  it('adds up what is ticked, of all kinds, with its commands', async () => {
    await withEditor({}, async (editor) => {
      const { page, said } = editor;
      await ready(editor);
      await page.getByRole('checkbox', { name: 'before' }).click();
      await page.getByRole('checkbox', { name: 'clusters that nobody needs' }).click();
      const removal = page.locator('.removal');
      await expect
        .poll(() => removal.innerText())
        .toMatch(/Removing before and the leaks frees [\d.]+ MiB/);
      await removal.getByRole('button', { name: 'Copy' }).click();
      await expect
        .poll(() => said.at(-1))
        .toEqual({
          type: 'copy',
          text: "qemu-img snapshot -d 'before' 'fat.qcow2'\nqemu-img check -r leaks 'fat.qcow2'",
        });
    });
  });

  it('removes bitmaps, and no leaks where a repair would delete snapshots', async () => {
    await withEditor({ image: withBitmaps() }, async (editor) => {
      const { page } = editor;
      await ready(editor);
      expect(
        await page.getByRole('checkbox', { name: 'clusters that nobody needs' }).isDisabled(),
      ).toBe(true);
      expect(await page.locator('.space-danger').innerText()).toContain(
        'would delete the snapshot',
      );
      await page.getByRole('checkbox', { name: 'tue' }).click();
      await expect
        .poll(() => page.locator('.removal').innerText())
        .toContain("qemu-img bitmap --remove 'bits.qcow2' 'tue'");
    });
  });

  it('computes another layout, and says what QEMU would not make', async () => {
    await withEditor({ image: withBitmaps() }, async (editor) => {
      const { page } = editor;
      await ready(editor);
      // As qemu-img measure has it: fully allocated, without the disk.
      const metadata = page.locator('.layout-table tbody tr').first();
      expect(await metadata.innerText()).toMatch(/metadata\s+320 KiB\s+320 KiB/);
      await page.getByLabel('Cluster size').selectOption('512');
      expect(await metadata.innerText()).toMatch(/metadata\s+320 KiB\s+164 KiB/);
      await page.getByLabel('extended L2').check();
      expect(await page.locator('.layout-table').count()).toBe(0);
      expect(await page.locator('[aria-labelledby=other-layout]').innerText()).toContain(
        'clusters of 16 KiB at least',
      );
    });
  });

  it('deletes nothing of a damaged image', async () => {
    await withEditor({ image: hostedSample('database-damaged.qcow2') }, async (editor) => {
      await ready(editor);
      expect(await editor.page.locator('.removal').count()).toBe(0);
      expect(await editor.page.locator('.space').innerText()).toContain('before it is repaired');
    });
  });

  it('lists the layers of a chain that may be read, each leading to its own editor', async () => {
    await withEditor({}, async (editor) => {
      const { page, said } = editor;
      await ready(editor);
      await page.getByRole('button', { name: 'Read the Chain' }).click();
      await expect.poll(() => said.at(-1)).toEqual({ type: 'readChain' });
      await editor.post({
        type: 'chain',
        chain: { state: 'known', layers: LAYERS, refusal: undefined, contents: undefined },
      });
      await page.locator('.layer').first().waitFor();
      const base = await page.locator('.layer').nth(1).innerText();
      for (const part of ['outside the folder', 'the guest sees 1 MiB', '2 MiB are covered'])
        expect(base).toContain(part);
      expect(await page.locator('.layer').first().innerText()).toContain('its disk grows by 2 MiB');
      await page.locator('.layer').nth(1).getByRole('button', { name: 'base.qcow2' }).click();
      await expect.poll(() => said.at(-1)).toEqual({ type: 'openLayer', depth: 1 });
      expect(await page.getByRole('button', { name: 'Read the Chain' }).count()).toBe(0);
      await page.getByRole('checkbox', { name: 'before' }).click();
      await page.locator('.commands').first().waitFor();
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
      await page.setViewportSize({ width: 800, height: 900 });
      expect(await objections(editor)).toEqual(NO_OBJECTIONS);
      await page.locator('.space-answer').getByRole('button', { name: 'Overview' }).click();
      await expect
        .poll(() => page.locator('.crumb').allInnerTexts())
        .toEqual(['base.qcow2\n1 MiB', 'fat.qcow2']);
    });
  });
});
