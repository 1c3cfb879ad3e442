import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.mjs';
import { inRoot } from './repository.mjs';
import { installServer } from './vscodeInstall.mjs';

/**
 * @typedef {object} Server
 * @property {string} url such as http://127.0.0.1:8123
 * @property {string} authority its host and port
 * @property {number} port
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

/** What the server says in the end when somebody has its port. */
const IN_USE = 'EADDRINUSE';

/**
 * Starts VS Code's server on a loopback port, with user data that is thrown away.
 * @param {object} options
 * @param {readonly string[]} options.extensions folders of extensions, installed by a link
 * @param {number} [options.port] the first free one from this on; any by default
 * @param {Record<string, string>} [options.env] for the server and its extension hosts
 * @returns {Promise<Server>}
 */
export async function startServer({ extensions, port: wanted = 0, env = {} }) {
  const installation = await installServer();
  for (let from = wanted; ;) {
    const port = await freePort(from);
    const server = await startAt(port, installation, extensions, env);
    if (server !== undefined) return server;
    // Somebody was faster.
    from = wanted === 0 ? 0 : port + 1;
  }
}

/**
 * @param {number} port
 * @param {import('./vscodeInstall.mjs').Installation} installation
 * @param {readonly string[]} extensions
 * @param {Record<string, string>} env
 * @returns {Promise<Server | undefined>} undefined when somebody has the port
 */
async function startAt(port, { node, entry }, extensions, env) {
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-vscode-'));
  const userData = join(folder, 'data');
  const extensionsFolder = join(folder, 'extensions');
  mkdirSync(extensionsFolder);
  mkdirSync(join(userData, 'User'), { recursive: true });
  writeFileSync(join(userData, 'User/settings.json'), JSON.stringify(SETTINGS));
  writeFileSync(join(folder, 'config.yaml'), 'auth: none\n');
  extensions.forEach((path, i) => symlinkSync(path, join(extensionsFolder, `extension-${i}`)));
  const authority = `127.0.0.1:${port}`;
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
    { env: { ...serverEnvironment(), ...env }, stdio: 'pipe', detached: true },
  );
  const url = `http://${authority}`;
  const told = await untilListening(child, url);
  if (told === undefined) return { url, authority, port, stop: () => child.stdin.end() };
  child.stdin.end();
  if (told.includes(IN_USE)) return undefined;
  throw new Error(`the VS Code server did not start:\n${told}`);
}

/**
 * Waits until the server itself says that it listens: whoever answers at the address may be
 * somebody else.
 * @param {import('node:child_process').ChildProcessWithoutNullStreams} child
 * @param {string} url
 * @returns {Promise<string | undefined>} what it has said, if it ended instead
 */
function untilListening(child, url) {
  return new Promise((resolve) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (/** @type {Buffer} */ bytes) => {
        said = (said + bytes.toString()).slice(-4000);
        if (said.includes(`listening on ${url}`)) resolve(undefined);
      });
    }
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim()));
  });
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
