import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { eventually, extension } from './opened.js';
import { report, test } from './runner.js';
import { workDone } from './work.js';

test('is active once VS Code has started, and tells how long its bundle takes to load', async () => {
  await eventually('activation', () => extension().isActive || undefined);
  const { extensionPath } = extension();
  const load = createRequire(join(extensionPath, 'package.json'));
  const bundle = join(extensionPath, 'dist/extension.cjs');
  // Anew: VS Code has loaded it.
  Reflect.deleteProperty(load.cache, bundle);
  const start = workDone();
  const loaded: unknown = load(bundle);
  report(`loading ${(workDone() - start).toFixed(1)} ms`);
  assert.ok(typeof loaded === 'object' && loaded !== null && 'activate' in loaded);
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
