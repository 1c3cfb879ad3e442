import { expect, it } from 'vitest';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { poke, poked } from '../../../images/pokes.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import { hostedFile } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

/** Where the header counts them. */
const NB_SNAPSHOTS = 60;

/** The header has forgotten its snapshot: its table, and its L1 table, are nobody's any more. */
const laid = layOut(
  new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 40).snapshot({ name: 'a' }).write(0, 4),
);
const image = hostedFile(poked(laid, [poke(NB_SNAPSHOTS, 0n, 4)]), 'lost.qcow2');

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
    expect(await rows.first().innerText()).toMatch(/table\s+at\s+0x/);
    const marks = page.locator('canvas.simulation');
    await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('visible');
    await rows.first().locator('.link').click();
    await expect.poll(() => said.some(({ type }) => type === 'selected')).toBe(true);
    expect(await objections(editor)).toEqual(NO_OBJECTIONS);
    const table = rows.filter({ hasText: 'snapshot table' });
    await table.getByRole('button', { name: 'Open as If' }).click();
    await expect
      .poll(() => said.flatMap((message) => (message.type === 'openAsIf' ? [message.assumed] : [])))
      .toEqual([expect.stringMatching(/^snapshots=0x[0-9a-f]+,snapshot-count=1$/)]);
    await page.getByRole('button', { name: 'Overview', exact: true }).click();
    await expect.poll(() => marks.evaluate(({ style }) => style.visibility)).toBe('hidden');
  });
});
