import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import {
  openEditor,
  settled,
  type EditorPage,
  type HostedImage,
  type PageOptions,
} from './editorPage.js';

type WithEditor = (
  options: Partial<PageOptions>,
  test: (editor: EditorPage) => Promise<void>,
) => Promise<void>;

const LOOK = {
  theme: 'dark',
  settings: { curve: 'hilbert', renderer: 'canvas' },
} as const;

/** Of what has none nothing is ever asked. */
const hasMap = ({ events }: HostedImage): boolean =>
  events.some((event) => event.type === 'facts' && event.facts.geometry !== undefined);

type Defaults = Pick<PageOptions, 'image' | 'width' | 'height'> & Partial<PageOptions>;

/**
 * A browser for the tests of a file, and what opens the editor in it; nothing may go wrong there.
 * `defaults` are made anew for each: a hosted image remembers what it was asked.
 */
export function editorTests(defaults: () => Defaults): WithEditor {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  return async (options, test) => {
    const all = { ...LOOK, ...defaults(), ...options };
    const editor = await openEditor(browser, all);
    try {
      if (hasMap(all.image)) await settled(editor);
      await test(editor);
      expect(editor.errors).toEqual([]);
    } finally {
      await editor.page.close();
    }
  };
}
