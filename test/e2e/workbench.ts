import { mkdirSync } from 'node:fs';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchBrowser, openWorkbench } from '../../scripts/lib/browser.mjs';
import { inRoot, root } from '../../scripts/lib/repository.mjs';
import { startServer, type Server } from '../../scripts/lib/vscodeServer.mjs';

/** The themes as VS Code's list shows them, and the class that a webview's body has under each. */
export const THEMES = {
  dark: { label: 'Dark Modern', body: 'vscode-dark' },
  light: { label: 'Light Modern', body: 'vscode-light' },
  hc: { label: 'Dark High Contrast', body: 'vscode-high-contrast' },
  'hc-light': { label: 'Light High Contrast', body: 'vscode-high-contrast-light' },
} as const;
export type Theme = keyof typeof THEMES;

/** VS Code in Chromium, with our extension installed, on a folder. */
export class Workbench {
  readonly page: Page;
  /** Addresses that were asked for outside this machine. */
  readonly foreign: string[] = [];
  /** What a content security policy has refused, anywhere. */
  readonly violations: string[] = [];
  readonly #server: Server;
  readonly #browser: Browser;

  private constructor(server: Server, browser: Browser, page: Page) {
    this.#server = server;
    this.#browser = browser;
    this.page = page;
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      // The webview's own scheme of hosts: a service worker answers for them.
      const local = host === server.authority || host.endsWith('.vscode-resource.vscode-cdn.net');
      if (/^(https?|wss?):$/.test(protocol) && !local) this.foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) this.violations.push(message.text());
    });
  }

  static async start(folder: string): Promise<Workbench> {
    const server = await startServer({ extensions: [root] });
    const browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    // For what never comes: a machine that others use is slow at times.
    page.setDefaultTimeout(120_000);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const workbench = new Workbench(server, browser, page);
    await openWorkbench(page, server, folder);
    return workbench;
  }

  /**
   * Opens an image from the explorer and waits for its editor to have read the header.
   * @returns the contents of the editor's webview
   */
  async open(name: string): Promise<FrameLocator> {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name });
    await row.waitFor();
    const editor = this.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    const heading = editor.locator('.summary h1', { hasText: name });
    // Just after the start it opens as text; our extension takes that over.
    await row.dblclick();
    await heading.waitFor();
    return editor;
  }

  /** Closes the active editor, where there is one. */
  async close(): Promise<void> {
    const tabs = this.page.locator('.tab');
    const count = await tabs.count();
    if (count === 0) return;
    await this.page.locator('.tab.active').click({ button: 'middle' });
    await tabs.nth(count - 1).waitFor({ state: 'detached' });
  }

  /** Chooses a colour theme as a user does, and waits until an open webview knows. */
  async useTheme(theme: Theme, editor: FrameLocator): Promise<void> {
    const { label, body } = THEMES[theme];
    await this.run('Preferences: Color Theme');
    await this.#pick(label);
    await editor.locator(`body.${body}`).waitFor();
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Runs a command from the palette. */
  async run(command: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.#pick(`>${command}`);
  }

  /** Opens the context menu of something and chooses an entry of one of its submenus. */
  async chooseFromMenu(target: Locator, submenu: string, entry: string): Promise<void> {
    await target.click({ button: 'right' });
    await this.menu.getByText(submenu, { exact: true }).hover();
    await this.menu.getByText(entry, { exact: true }).hover();
    await this.#untilMenuIsGone('Enter');
  }

  async closeMenu(): Promise<void> {
    await this.#untilMenuIsGone('Escape');
  }

  /** A menu that has just come takes neither clicks nor keys. */
  async #untilMenuIsGone(key: 'Enter' | 'Escape'): Promise<void> {
    const press = async (): Promise<number> => {
      if ((await this.menu.count()) > 0) await this.page.keyboard.press(key);
      return this.menu.count();
    };
    await expect.poll(press, { interval: 250 }).toBe(0);
  }

  /** The context menu, while it is open. */
  get menu(): Locator {
    return this.page.locator('.monaco-menu');
  }

  /** Empties the clipboard, does what writes to it, and reads what that is. */
  async copied(copy: () => Promise<void>): Promise<string> {
    await this.page.evaluate(() => navigator.clipboard.writeText(''));
    await copy();
    const read = (): Promise<string> => this.page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(read).not.toBe('');
    return read();
  }

  /** Saves what a command has to save under a name, in VS Code's own dialog. */
  async saveAs(command: string, path: string): Promise<void> {
    await this.run(command);
    // The palette's own box, which is reused: what is in it tells when it is the dialog's.
    const dialog = this.page.locator('.quick-input-widget');
    const name = dialog.locator('input[type="text"]');
    await expect.poll(() => name.inputValue()).toMatch(/\.qcow2\.(png|svg)$/);
    await name.fill(path);
    // Enter says nothing to it while it reads the folder.
    const confirm = async (): Promise<boolean> => {
      if (await dialog.isVisible()) await this.page.keyboard.press('Enter');
      return dialog.isVisible();
    };
    await expect.poll(confirm, { interval: 250 }).toBe(false);
  }

  /** Chooses an entry of the list that is open. */
  async #pick(text: string): Promise<void> {
    await this.page.locator('.quick-input-widget input[type="text"]').fill(text);
    const label = text.replace(/^>/, '');
    await this.page
      .locator('.quick-input-list .monaco-list-row', { hasText: label })
      .first()
      .click();
  }

  /** Keeps a picture of the whole window in artefacts/, for people to look at. */
  async picture(name: string): Promise<void> {
    mkdirSync(inRoot('artefacts'), { recursive: true });
    await this.page.screenshot({ path: inRoot('artefacts', `${name}.png`) });
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    this.#server.stop();
  }
}
