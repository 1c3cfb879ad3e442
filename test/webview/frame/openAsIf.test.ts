import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HostedImage } from '../harness/editorPage.js';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { openEditor } from '../harness/editorPage.js';
import { hostedSample } from '../harness/hostedImages.js';

const ASSUMED = 'cluster-size=65536,l1=0x30000';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const open = (image: HostedImage) =>
  openEditor(browser, {
    image,
    theme: 'dark',
    settings: { curve: 'hilbert', renderer: 'canvas' },
    width: 1200,
    height: 800,
  });

it('is offered where no header can be understood', async () => {
  const { page, said, errors } = await open(hostedSample('not-qcow2.qcow2'));
  expect(said).not.toContainEqual({ type: 'openAsIf' });
  await page.getByRole('button', { name: 'Open as if…' }).click();
  await expect.poll(() => said).toContainEqual({ type: 'openAsIf' });
  expect(errors).toEqual([]);
  await page.close();
});

it('stays told while it holds, and can be changed', async () => {
  const image = hostedSample('web-server.qcow2');
  const events = image.events.map((event) =>
    event.type === 'facts' ? { ...event, facts: { ...event.facts, assumed: ASSUMED } } : event,
  );
  const { page, said, errors } = await open({ ...image, events });
  const banner = page.locator('[data-assumed]');
  await banner.waitFor();
  expect(await banner.locator('.banner-text').innerText()).toBe(
    `Shown as if its header said ${ASSUMED}`,
  );
  await banner.getByRole('button', { name: 'Change…' }).click();
  await expect.poll(() => said).toContainEqual({ type: 'openAsIf' });
  expect(errors).toEqual([]);
  await page.close();
});
