import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import type { HostedImage } from '../../harness/editorPage.js';
import { hostedFile, hostedSample } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

const MIB = 2 ** 20;

/** Two snapshots of one name, each with clusters of its own, and some that both hold. */
const withSnapshots = (): HostedImage => {
  const image = new ImageBuilder({ virtualSize: 64 * MIB });
  image.write(0, 100);
  image.snapshot({ name: 'daily' });
  image.write(0, 16);
  image.snapshot({ name: "it's" });
  image.write(0, 48);
  image.snapshot({ name: 'daily' });
  image.write(0, 100);
  return hostedFile(layOut(image), 'mail.qcow2');
};

const withEditor = editorTests(() => ({ image: withSnapshots(), width: 1440, height: 900 }));

describe('what if a snapshot goes', () => {
  it('says what each gives free, what several do together, and by which commands', async () => {
    await withEditor({}, async ({ page, said }) => {
      const rows = page.locator('.room-row');
      await expect.poll(() => rows.count()).toBe(3);
      const sizes = await page.locator('.room-size').allInnerTexts();
      // 16, 48 and 84 clusters of 64 KiB, and an L2 table or L1 table of each.
      expect(sizes[0]).toMatch(/^1\.1\d? MiB$/);
      await rows.nth(0).click();
      await rows.nth(1).click();
      const deletion = page.locator('.removal');
      await expect.poll(() => deletion.innerText()).toContain('Deleting 2 snapshots frees');
      await page.locator('.commands button').click();
      await expect
        .poll(() => said.at(-1))
        .toEqual({
          type: 'copy',
          text: "qemu-img snapshot -d 'daily' 'mail.qcow2'\nqemu-img snapshot -d 'it'\\''s' 'mail.qcow2'",
        });
      expect(await deletion.innerText()).toContain('qemu-img takes the first');
      await rows.nth(0).click();
      await expect.poll(() => deletion.innerText()).toContain("Deleting it's frees");
      expect(await deletion.innerText()).not.toContain('takes the first');
    });
  });

  it('divides the bar by who needs the data, and leads to the layer that tells', async () => {
    await withEditor({}, async ({ page }) => {
      const names = page.locator('.bytes-part[data-kind="data"] .bytes-name');
      await expect
        .poll(() => names.allInnerTexts())
        .toEqual(['data of the disk alone', 'data of snapshots alone']);
      await names.first().click();
      await expect.poll(() => page.locator('.layer-menu').inputValue()).toBe('snapshots');
    });
  });

  it('is not asked of a damaged image, which nothing may be written to', async () => {
    await withEditor({ image: hostedSample('database-damaged.qcow2') }, async ({ page }) => {
      await page.locator('.cause').first().waitFor();
      expect(await page.locator('.snapshot-room').count()).toBe(0);
    });
  });

  it('has nothing that axe-core objects to in any theme, at 440 pixels too', async () => {
    for (const width of [1440, 440])
      await withEditor({ width }, async (editor) => {
        await editor.page.locator('.room-row').first().click();
        await editor.page.locator('.commands').waitFor();
        expect(await objections(editor)).toEqual(NO_OBJECTIONS);
      });
  });
});
