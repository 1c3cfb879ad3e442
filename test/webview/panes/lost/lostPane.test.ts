import { expect, it } from 'vitest';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { poke, poked } from '../../../images/pokes.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import { hostedFile } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

/** Two L2 tables, of which the L1 table names one: the other leaks, with its data. */
const laid = layOut(
  new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 40).write(8192, 60).snapshot({ name: 'a' }),
);
const image = hostedFile(poked(laid, [poke(laid.places.l1 + 8, 0n)]), 'lost.qcow2');

const withEditor = editorTests(() => ({
  image,
  width: 1440,
  height: 900,
  state: { version: 1, pane: { open: true, width: 520, tab: 'lost' } },
}));

it('lists tables that nothing points to, has them on the map, and opens one as if', async () => {
  await withEditor({}, async (editor) => {
    const { page, said } = editor;
    const rows = page.locator('.lost-row');
    await rows.first().waitFor();
    expect(await rows.first().innerText()).toContain('table at 0x');
    const marks = page.locator('canvas.simulation');
    await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('visible');
    await rows.first().locator('.link').click();
    await expect.poll(() => said.some(({ type }) => type === 'selected')).toBe(true);
    expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    const open = page.getByRole('button', { name: 'Open as If' });
    if ((await open.count()) > 0) {
      await open.first().click();
      await expect.poll(() => said.map(({ type }) => type)).toContain('openAsIf');
    }
    await page.getByRole('button', { name: 'Overview', exact: true }).click();
    await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('hidden');
  });
});
