import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { findBrowser } from './install.mjs';
import { inRoot, root } from './repository.mjs';
import { makeSamples } from './samples.mjs';
import { skipped } from './suite.mjs';
import { serverSupported } from './vscodeInstall.mjs';

/** @import { Outcome } from './suite.mjs' */

const TESTS = inRoot('out/vscodeTests.cjs');
const RESULTS = inRoot('out/vscodeTests.json');
const ARTEFACTS = inRoot('artefacts');
/** For what never ends: far from what any machine needs. */
const MINUTES = 20;

/**
 * Runs test/vscode inside a real extension host: that of the desktop's VS Code where it can be
 * downloaded and shown, else that of VS Code's server.
 * @returns {Promise<Outcome>}
 */
export async function hostTests() {
  const esbuild = await import('esbuild');
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['test/vscode/index.ts'],
    outfile: TESTS,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  rmSync(RESULTS, { force: true });
  const samples = await makeSamples();
  const env = { QCOW2_LENS_RESULTS: RESULTS, QCOW2_LENS_SAMPLES: samples };
  const desktop = await downloadDesktop();
  if (desktop !== undefined) {
    await runInDesktop(desktop, samples, env);
  } else if (serverSupported && findBrowser() !== undefined) {
    await runInServer(samples, env);
  } else {
    return skipped(
      'no VS Code could be downloaded, and its server needs Chromium and Linux on x64',
    );
  }
  if (!existsSync(RESULTS)) {
    console.error('The extension host ended without results.');
    return { passed: 0, failed: 1, skipped: [] };
  }
  const results = JSON.parse(readFileSync(RESULTS, 'utf8'));
  for (const line of results.lines) console.log(line);
  return results;
}

/** @returns {Promise<string | undefined>} VS Code's executable; undefined where it cannot be had */
async function downloadDesktop() {
  const hasDisplay = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
  if (process.platform === 'linux' && hasDisplay === undefined) return undefined;
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  try {
    return await downloadAndUnzipVSCode({ cachePath: inRoot('.cache/vscode-desktop') });
  } catch (error) {
    console.log(`VS Code cannot be downloaded: ${String(error)}`);
    return undefined;
  }
}

/**
 * @param {string} vscodeExecutablePath
 * @param {string} folder
 * @param {Record<string, string>} env
 */
async function runInDesktop(vscodeExecutablePath, folder, env) {
  const { runTests } = await import('@vscode/test-electron');
  try {
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: root,
      extensionTestsPath: TESTS,
      extensionTestsEnv: env,
      launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust'],
    });
  } catch (error) {
    console.error(String(error));
  }
}

/**
 * @param {string} folder
 * @param {Record<string, string>} env
 */
async function runInServer(folder, env) {
  const { launchBrowser, openWorkbench } = await import('./browser.mjs');
  const { startServer } = await import('./vscodeServer.mjs');
  const server = await startServer({ extensions: [], env });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    /** @type {(code: number) => void} */
    let end = () => undefined;
    /** @type {Promise<number>} */
    const ended = new Promise((resolve) => (end = resolve));
    // The workbench calls it, as it does for @vscode/test-web.
    await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => end(code));
    await openWorkbench(page, server, folder, { extension: root, tests: TESTS });
    const late = delay(MINUTES * 60_000, -1, { ref: false });
    if ((await Promise.race([ended, late])) === -1) {
      console.error(`The extension host has not ended after ${MINUTES} minutes.`);
      mkdirSync(ARTEFACTS, { recursive: true });
      await page.screenshot({ path: inRoot('artefacts/extension-host-late.png') });
    }
  } finally {
    await browser.close();
    server.stop();
  }
}
