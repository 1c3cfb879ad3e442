import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { extension } from './opened.js';
import { test } from './runner.js';

/** Milliseconds from asking for the extension to having its API. */
const LIMIT = 20;

test('nothing activates the extension before an image is opened', () => {
  assert.equal(extension().isActive, false);
});

test(`activates within ${LIMIT} ms`, async () => {
  const start = performance.now();
  await extension().activate();
  const milliseconds = performance.now() - start;
  console.log(`    activation: ${milliseconds.toFixed(1)} ms`);
  assert.ok(milliseconds <= LIMIT, `took ${milliseconds.toFixed(1)} ms`);
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
