import { describe, expect, it } from 'vitest';
import type { DiagnosisAnswer } from '../../../../src/protocol/diagnosis.js';
import {
  answering,
  cause,
  DAMAGED,
  diagnosed,
  HEALTHY,
  LEAKING,
  UNREADABLE,
} from '../../harness/diagnoses.js';
import { NO_OBJECTIONS, objections } from '../../harness/axe.js';
import type { EditorPage, HostedImage, PageOptions } from '../../harness/editorPage.js';
import { hostedSample } from '../../harness/hostedImages.js';
import { editorTests } from '../../harness/withEditor.js';

const sample = hostedSample('database-damaged.qcow2');
const damaged = diagnosed(sample, DAMAGED);

const withEditor = editorTests(() => ({ image: damaged, width: 1440, height: 900 }));
const withOverview = (
  image: HostedImage,
  test: (editor: EditorPage) => Promise<void>,
  options: Partial<PageOptions> = {},
): Promise<void> => withEditor({ image, ...options }, test);

const isTab = async ({ page }: EditorPage, tab: string): Promise<void> => {
  await expect.poll(() => page.getAttribute(`#tab-${tab}`, 'aria-selected')).toBe('true');
};
const copied = ({ said }: EditorPage): string[] =>
  said.flatMap((message) => (message.type === 'copy' ? [message.text] : []));
const selected = ({ said }: EditorPage): (number | undefined)[] =>
  said.flatMap((message) => (message.type === 'selected' ? [message.cluster] : []));

describe('overview', () => {
  it('is the tab that opens, with the worst cause open and the others in short', async () => {
    await withOverview(damaged, async (editor) => {
      const { page } = editor;
      await isTab(editor, 'overview');
      const cards = page.locator('ol.causes > li');
      await expect.poll(() => cards.count()).toBe(5);
      expect(await page.locator('.overview-verdict h2').innerText()).toBe(DAMAGED.headline);
      expect(await cards.getByRole('button', { expanded: true }).allInnerTexts()).toEqual([
        DAMAGED.causes[0].title,
      ]);
      expect(await cards.first().locator('.claim').innerText()).toMatch(
        /guest 0x50000\s+64 KiB · data\s+cluster 3\s+0x30000\s+active L1/,
      );
      expect(await cards.nth(1).locator('.claim-line').innerText()).toMatch(/cluster 22/);
      expect(await page.locator('.cause-amount').allInnerTexts()).toEqual([
        'whole disk',
        '512 MiB',
        '192 KiB',
        '64 KiB',
        '64 KiB',
      ]);
      expect(await cards.first().locator('.cause-body').innerText()).toMatch(
        /The whole 40 GiB disk hangs on[^]*Do\n[^]*--salvage[^]*Do not\n[^]*ERROR cluster 3 /,
      );
    });
  });

  it('opens and closes a card by keys', async () => {
    await withOverview(damaged, async ({ page }) => {
      const third = page.locator('.cause').nth(2).getByRole('heading').getByRole('button');
      await third.focus();
      await page.keyboard.press('Enter');
      await page.locator('.cause').nth(2).locator('.qemu-lines').waitFor();
      expect(await third.getAttribute('aria-expanded')).toBe('true');
      await page.keyboard.press(' ');
      await expect.poll(() => third.getAttribute('aria-expanded')).toBe('false');
    });
  });

  it('keeps what was opened while another tab is shown', async () => {
    await withOverview(damaged, async ({ page }) => {
      await page.locator('.cause').nth(3).getByRole('heading').getByRole('button').click();
      await page.click('#tab-tree');
      await page.locator('.tree').waitFor();
      await page.click('#tab-overview');
      await expect.poll(() => page.locator('.cause-body').count()).toBe(2);
    });
  });

  it('leads to the map and stays, while a click on the map leads to the cluster', async () => {
    await withOverview(damaged, async (editor) => {
      const { page } = editor;
      await page.getByRole('button', { name: 'Show on Map' }).click();
      await expect.poll(() => selected(editor).at(-1)).toBe(3);
      await isTab(editor, 'overview');
      await page.locator('.heatmap').click();
      await isTab(editor, 'cluster');
    });
  });

  it('leads to a guest range on the disk', async () => {
    await withOverview(damaged, async ({ page }) => {
      await page.locator('.cause').nth(2).getByRole('heading').getByRole('button').click();
      await page.getByRole('button', { name: '0x2d0000 – 0x2fffff' }).click();
      await expect
        .poll(() => page.getAttribute('[data-view="guest"]', 'aria-pressed'))
        .toBe('true');
    });
  });

  it('leads to the findings of a cause alone where one kind is exactly these', async () => {
    const leaks = sample.service.findings({ from: 0, count: 0, severity: 'leak' }).total;
    expect(leaks).toBeGreaterThan(0);
    const image = diagnosed(sample, {
      ...DAMAGED,
      causes: [
        cause({ id: 'leaks', findings: leaks, title: 'Leaks' }),
        cause({ id: 'refcounts-zero', findings: 3, title: 'Some of these' }),
      ],
    });
    await withOverview(image, async (editor) => {
      const { page } = editor;
      await page.getByRole('button', { name: `${leaks} Findings` }).click();
      await isTab(editor, 'findings');
      const pressed = page.locator('.findings [aria-pressed="true"]');
      await expect.poll(() => pressed.allInnerTexts()).toEqual([`leak ${leaks}`]);
      await page.click('#tab-overview');
      await page.locator('.cause').nth(1).getByRole('heading').getByRole('button').click();
      await page.getByRole('button', { name: '3 Findings' }).click();
      await expect.poll(() => pressed.allInnerTexts()).toEqual(['All']);
    });
  });

  it('copies commands, and the report with and without names', async () => {
    await withOverview(damaged, async (editor) => {
      const { page } = editor;
      await page.getByRole('button', { name: 'Copy cp Command' }).click();
      await page.getByRole('button', { name: 'Copy the convert command' }).click();
      await page.getByRole('button', { name: 'Copy Report' }).click();
      await page.getByLabel('Hide names').check();
      await page.getByRole('button', { name: 'Copy Report' }).click();
      await expect.poll(() => copied(editor).length).toBe(4);
      const [cp, convert, report, hidden] = copied(editor);
      expect(cp).toBe("cp -n 'database-damaged.qcow2' 'database-damaged.qcow2.copy'");
      expect(convert).toMatch(/^qemu-img convert .* --salvage /);
      expect(report).toContain('database-damaged.qcow2');
      expect(report).toContain('#### 5. ');
      expect(hidden).toContain('#### 5. ');
      expect(hidden).not.toContain('database-damaged');
    });
  });

  it('quotes commands for the shell of the user', async () => {
    const facts = sample.events.find((event) => event.type === 'facts');
    if (!facts) throw new Error('the sample has no facts');
    const renamed = { ...facts, facts: { ...facts.facts, fileName: "it's.qcow2" } };
    const events = sample.events.map((event) => (event === facts ? renamed : event));
    await withOverview({ ...damaged, events }, async (editor) => {
      const copy = editor.page.getByRole('button', { name: 'Copy cp Command' });
      await copy.click();
      await editor.post({ type: 'shell', shell: 'powershell' });
      await copy.click();
      await expect
        .poll(() => copied(editor))
        .toEqual([
          String.raw`cp -n 'it'\''s.qcow2' 'it'\''s.qcow2.copy'`,
          "Copy-Item -LiteralPath 'it''s.qcow2' -Destination 'it''s.qcow2.copy'",
        ]);
    });
  });

  it('asks until the causes are known, and shows meanwhile where the bytes go', async () => {
    let asked = 0;
    const image = answering(sample, () =>
      ++asked < 4
        ? { state: 'computing', done: asked / 4 }
        : { state: 'diagnosed', diagnosis: DAMAGED },
    );
    await withOverview(image, async ({ page }) => {
      await page.locator('.bytes-bar').waitFor();
      await page.locator('.cause').first().waitFor();
      expect(asked).toBe(4);
      expect(await page.locator('.overview [aria-busy]').count()).toBe(0);
    });
  });

  it('says why there is no diagnosis, and reads again', async () => {
    const failed: DiagnosisAnswer = { state: 'failed', message: 'the disk is on fire' };
    await withOverview(
      answering(sample, () => failed),
      async ({ page, said }) => {
        await expect
          .poll(() => page.locator('#side-panel').innerText())
          .toContain('The disk is on fire.');
        await page.getByRole('button', { name: 'Read Again' }).click();
        await expect.poll(() => said.at(-1)?.type).toBe('reload');
      },
    );
    const cancelled: HostedImage = {
      ...damaged,
      events: [...sample.events.slice(0, 1), { type: 'cancelled', generation: 1 }],
    };
    await withOverview(cancelled, async ({ page }) => {
      await expect.poll(() => page.locator('#side-panel').innerText()).toContain('was stopped');
      expect(await page.getByRole('button', { name: 'Read Again' }).count()).toBe(1);
    });
  });

  it('forgets a diagnosis when the image is read anew', async () => {
    await withOverview(damaged, async (editor) => {
      const { page } = editor;
      await page.locator('.cause').first().waitFor();
      const event = { type: 'progress', generation: 2, phase: 'L2 tables', done: 0.5 } as const;
      await editor.post({ type: 'event', event: sample.events[0] });
      await editor.post({ type: 'event', event });
      await expect.poll(() => page.locator('.overview').innerText()).toBe('Reading the image …');
    });
  });

  it('is there for an image that QEMU does not open', async () => {
    const image = diagnosed(hostedSample('tables-past-end.qcow2'), UNREADABLE);
    await withOverview(image, async ({ page }) => {
      expect(await page.locator('.overview-verdict h2').innerText()).toBe(UNREADABLE.headline);
      expect(await page.locator('.cause').count()).toBe(1);
    });
  });

  it('says of a healthy image that it is, and what it needs, and opens nothing by itself', async () => {
    const image = diagnosed(hostedSample('developer-overlay.qcow2'), HEALTHY);
    await withOverview(image, async ({ page, said }) => {
      await expect
        .poll(() => page.locator('.overview-verdict').innerText())
        .toMatch(/^No errors\s+A file of 71.9 MiB holds a disk of 40 GiB\. Qcow2 version 3,/);
      expect(await page.locator('.backed-by').innerText()).toContain('web-server.qcow2');
      expect(said).not.toContainEqual({ type: 'openBackingFile' });
      expect(await page.locator('.cause').count()).toBe(0);
    });
  });

  it('has few of many lines of QEMU, and then all that it knows', async () => {
    await withOverview(diagnosed(sample, LEAKING), async ({ page }) => {
      const card = page.locator('ul.causes > li').first();
      expect(await card.locator('.cause-body').count()).toBe(0);
      await card.getByRole('heading').getByRole('button').click();
      const lines = card.locator('.qemu-lines li');
      await expect.poll(() => lines.count()).toBe(3);
      await card.getByRole('button', { name: "17 more of QEMU's lines" }).click();
      await expect.poll(() => lines.count()).toBe(20);
      expect(await card.locator('.qemu-lines').innerText()).toContain('and 14,421 more');
    });
  });

  it('shows the kind alone that is clicked, whatever picture was shown', async () => {
    const picture = { view: 'guest', layer: 'kinds' };
    await withOverview(
      damaged,
      async ({ page }) => {
        const data = page.locator('.bytes-part[data-kind="compressed"]');
        await data.click();
        const entry = page.locator('.legend [data-kind="compressed"]');
        await expect.poll(() => entry.getAttribute('aria-pressed')).toBe('true');
        expect(await page.getAttribute('[data-view="host"]', 'aria-pressed')).toBe('true');
        expect(await data.getAttribute('aria-pressed')).toBe('true');
        await data.click();
        await expect.poll(() => entry.getAttribute('aria-pressed')).toBe('false');
        await page.getByRole('button', { name: 'metadata' }).click();
        const l2 = page.locator('.bytes-part[data-kind="active-l2"]');
        expect(await l2.innerText()).toMatch(/active L2\s+832 KiB/);
      },
      { state: { version: 1, picture } },
    );
  });

  it('is passed by where chips lead to the findings that they count', async () => {
    const state = { version: 1, pane: { open: false, width: 400, tab: 'cluster' } };
    await withOverview(
      damaged,
      async (editor) => {
        await editor.page.locator('.chip', { hasText: 'corruptions' }).getByRole('button').click();
        await isTab(editor, 'findings');
        const shown = editor.page.getByRole('button', { name: 'Corruptions', pressed: true });
        await shown.waitFor();
      },
      { state },
    );
  });

  it('leaves an editor at the tab that it had', async () => {
    const state = { version: 1, pane: { open: true, width: 400, tab: 'cluster' } };
    await withOverview(damaged, (editor) => isTab(editor, 'cluster'), { state });
  });

  it('shows what an image says as text, and nothing in another order', async () => {
    const name = '<b id="evil">x</b>\u202egpj.exe';
    const image = diagnosed(sample, {
      ...DAMAGED,
      causes: [
        cause({
          title: name,
          explanation: name,
          danger: { ...DAMAGED.causes[1].danger, text: name, snapshots: [name] },
          doNext: [{ text: name, command: 'rm {0}', names: [name] }],
          qemuLines: [name],
          qemuLineCount: 1,
        }),
      ],
    });
    await withOverview(image, async ({ page }) => {
      const text = await page.locator('.cause').innerText();
      expect(text.split('<b id="evil">x</b>').length).toBeGreaterThan(5);
      expect(text).not.toContain('\u202e');
      expect(await page.locator('#evil').count()).toBe(0);
    });
  });

  it.each([440, 640, 800, 1000, 1440])('cuts nothing at %i pixels', async (width) => {
    await withOverview(
      damaged,
      async ({ page }) => {
        const closed = page.locator('.cause [aria-expanded="false"]');
        while ((await closed.count()) > 0) await closed.first().click();
        const wide = await page
          .locator('#side-panel, #side-panel *')
          .evaluateAll((elements) =>
            elements
              .filter(
                ({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1,
              )
              .map((element) => element.outerHTML.slice(0, 100)),
          );
        expect(wide).toEqual([]);
        const panel = await page.locator('#side-panel').boundingBox();
        const map = await page.locator('.map').boundingBox();
        const isBelow = (panel?.y ?? 0) > (map?.y ?? 0) + 100;
        expect(isBelow).toBe(width <= 900);
      },
      { width },
    );
  });

  it('has nothing that axe-core objects to in any theme', async () => {
    for (const [diagnosis, width] of [
      [DAMAGED, 1440],
      [DAMAGED, 800],
      [LEAKING, 1440],
    ] as const)
      await withOverview(
        diagnosed(sample, diagnosis),
        async (editor) => {
          const { page } = editor;
          const closed = page.locator('#side-panel [aria-expanded="false"]');
          while ((await closed.count()) > 0) await closed.first().click();
          await page.locator('.bytes-part[data-kind="data"]').first().click();
          expect(await objections(editor)).toEqual(NO_OBJECTIONS);
        },
        { width },
      );
  });
});
