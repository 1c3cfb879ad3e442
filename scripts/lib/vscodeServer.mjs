import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inRoot } from './repository.mjs';
import { installServer } from './vscodeInstall.mjs';

/**
 * @typedef {object} Server
 * @property {string} url such as http://127.0.0.1:8123
 * @property {string} authority its host and port
 * @property {() => void} stop ends it and its extension hosts and removes its user data; so does the
 *   end of this process, whatever ends it
 */

const SETTINGS = {
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
};

/**
 * Starts VS Code's server on a loopback port, with user data that is thrown away.
 * @param {object} options
 * @param {readonly string[]} options.extensions folders of extensions, installed by a link
 * @param {number} [options.port] any free one by default
 * @param {Record<string, string>} [options.env] for the server and its extension hosts
 * @returns {Promise<Server>}
 */
export async function startServer({ extensions, port, env = {} }) {
  const { node, entry } = await installServer();
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-vscode-'));
  const userData = join(folder, 'data');
  const extensionsFolder = join(folder, 'extensions');
  mkdirSync(extensionsFolder);
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify(SETTINGS));
  writeFileSync(join(folder, 'config.yaml'), 'auth: none\n');
  extensions.forEach((path, i) => symlinkSync(path, join(extensionsFolder, `extension-${i}`)));
  const authority = `127.0.0.1:${port ?? (await freePort())}`;
  const logFile = join(folder, 'server.log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    process.execPath,
    [
      ...[inRoot('scripts/lib/guard.mjs'), folder, node],
      ...[entry, '--config', join(folder, 'config.yaml'), '--auth', 'none'],
      ...['--bind-addr', authority, '--user-data-dir', userData],
      ...['--extensions-dir', extensionsFolder, '--disable-telemetry', '--disable-update-check'],
      ...['--disable-workspace-trust', '--disable-getting-started-override'],
    ],
    // In a group of its own: the terminal's Ctrl+C reaches it through the end of its input.
    { env: { ...serverEnvironment(), ...env }, stdio: ['pipe', log, log], detached: true },
  );
  closeSync(log);
  const stop = () => child.stdin?.end();
  const url = `http://${authority}`;
  const deadline = Date.now() + 60_000;
  while (!(await answers(`${url}/healthz`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const told = readFileSync(logFile, 'utf8').trim().slice(-2000);
      stop();
      throw new Error(`the VS Code server did not start:\n${told}`);
    }
    await delay(100);
  }
  return { url, authority, stop };
}

/**
 * Our environment without what VS Code, Electron and npm said about themselves in it, and without
 * the variables that overrule the server's arguments.
 */
function serverEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(VSCODE_|ELECTRON_|CODE_SERVER_|npm_|VITEST|NODE_OPTIONS$|(HASHED_)?PASSWORD$|PORT$)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(kept), EXTENSIONS_GALLERY: '{}', CS_DISABLE_PROXY: '1' };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
