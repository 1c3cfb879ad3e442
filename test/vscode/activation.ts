import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { extension } from './opened.js';
import { report, test } from './runner.js';
import { workDone } from './work.js';

test('nothing activates the extension before an image is opened', () => {
  assert.equal(extension().isActive, false);
});

test('loads and activates, and tells how long that took', async () => {
  const { extensionPath } = extension();
  const load = createRequire(join(extensionPath, 'package.json'));
  const bundle = join(extensionPath, 'dist/extension.cjs');
  const start = workDone();
  const loaded: unknown = load(bundle);
  const loading = workDone() - start;
  assert.ok(typeof loaded === 'object' && loaded !== null && 'activate' in loaded);
  const { activate } = loaded;
  assert.ok(typeof activate === 'function');
  // VS Code finds the module in the cache: with a stopwatch around activate(), as what comes before
  // and after the call is VS Code's own talk with its window.
  let activating = Infinity;
  const cached = load.cache[bundle];
  assert.ok(cached !== undefined);
  cached.exports = {
    ...loaded,
    activate: (...args: unknown[]): unknown => {
      const before = workDone();
      const api: unknown = Reflect.apply(activate, undefined, args);
      activating = workDone() - before;
      return api;
    },
  };
  await extension().activate();
  report(`loading ${loading.toFixed(1)} ms, activate() ${activating.toFixed(1)} ms`);
  assert.notEqual(activating, Infinity);
});

test('every command of the manifest exists', async () => {
  const manifest: unknown = extension().packageJSON;
  const contributed = [...JSON.stringify(manifest).matchAll(/"command":"(qcow2\.[^"]+)"/g)];
  const wanted = new Set(contributed.map(([, id]) => id));
  assert.ok(wanted.size >= 5);
  const commands = new Set(await vscode.commands.getCommands(true));
  const missing = [...wanted].filter((id) => !commands.has(id));
  assert.deepEqual(missing, []);
});

test('the settings have their defaults', () => {
  const heatmap = vscode.workspace.getConfiguration('qcow2.heatmap');
  assert.equal(heatmap.get('curve'), 'hilbert');
  assert.equal(heatmap.get('renderer'), 'auto');
});
