import { chromium } from 'playwright-core';
import { findBrowser } from './install.mjs';

/**
 * @import { Browser, Page } from 'playwright-core'
 * @import { Server } from './vscodeServer.mjs'
 */

/**
 * @typedef {object} Development
 * @property {string} extension folder of the extension under development
 * @property {string} tests the module whose `run` the extension host calls
 */

/**
 * A headless browser that talks to nobody but the pages it is sent to.
 * @returns {Promise<Browser>}
 */
export function launchBrowser() {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('no Chromium on the PATH');
  return chromium.launch({
    executablePath,
    args: [
      ...['--no-sandbox', '--no-first-run', '--disable-quic', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync'],
      // WebGL2 in software, where there is no GPU.
      ...['--disable-gpu', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
    ],
  });
}

/**
 * The workbench on a folder of the server's machine.
 * @param {Page} page
 * @param {Server} server
 * @param {string} folder
 * @param {Development} [development] runs tests in the extension host; see scripts/lib/hostTests.mjs
 */
export async function openWorkbench(page, server, folder, development) {
  if (development !== undefined) {
    /** @param {string} path */
    const remote = (path) => ({ scheme: 'vscode-remote', authority: server.authority, path });
    await page.addInitScript(developmentOptions, {
      extensions: [remote(development.extension)],
      extensionTestsPath: remote(development.tests),
    });
  }
  const query = new URLSearchParams({ folder, payload: JSON.stringify([['skipWelcome', 'true']]) });
  await page.goto(`${server.url}/?${query.toString()}`);
  await page.waitForSelector('.monaco-workbench', { timeout: 60_000 });
}

/**
 * Runs in the page. A built workbench ignores development paths in its address, but honours
 * `developmentOptions` in the configuration it reads from an element of the page.
 * @param {unknown} options
 */
function developmentOptions(options) {
  const { prototype } = Reflect.get(globalThis, 'Element');
  /** @type {Function} */
  const getAttribute = prototype.getAttribute;
  /**
   * @this {{ id: string }}
   * @param {string} name
   */
  prototype.getAttribute = function (name) {
    /** @type {string} */
    const value = getAttribute.call(this, name);
    if (this.id !== 'vscode-workbench-web-configuration' || name !== 'data-settings') return value;
    const settings = JSON.parse(value);
    settings.developmentOptions = { ...settings.developmentOptions, ...Object(options) };
    return JSON.stringify(settings);
  };
}
