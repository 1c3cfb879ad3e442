import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { assumedHeaderText } from '../../src/core/qcow2/assumedHeader.js';
import {
  closeAll,
  eventually,
  opened,
  openedWithFacts,
  openedWithSummary,
  sample,
} from './opened.js';
import { test } from './runner.js';

test('an image without its header is opened as if it had one', async () => {
  const whole = sample('page-store-extended-l2.qcow2');
  const { clusters } = await openedWithSummary(whole);
  const { clusterBits = 0 } = opened(whole)?.facts?.geometry ?? {};
  await closeAll();
  const bytes = await vscode.workspace.fs.readFile(whole);
  bytes.fill(0x2e, 0, 2 ** clusterBits);
  const uri = vscode.Uri.file(join(tmpdir(), `beheaded-${String(process.pid)}.qcow2`));
  await vscode.workspace.fs.writeFile(uri, bytes);
  try {
    const facts = await openedWithFacts(uri);
    assert.equal(facts.geometry, undefined);
    const { header } = await (opened(uri)?.lostTables() ?? Promise.reject(new Error('closed')));
    assert.ok(header !== undefined);
    opened(uri)?.openAsIf(assumedHeaderText(header));
    const summary = await eventually('the scan of what is assumed', () => opened(uri)?.summary);
    assert.deepEqual(summary.clusters, clusters);
    assert.equal(opened(uri)?.facts?.assumed, assumedHeaderText(header));
    opened(uri)?.openAsIf(undefined);
    await eventually('the file as it is', () => {
      const now = opened(uri)?.facts;
      return now && now.assumed === undefined ? true : undefined;
    });
    assert.deepEqual(await vscode.workspace.fs.readFile(uri), bytes);
  } finally {
    await closeAll();
    await vscode.workspace.fs.delete(uri);
  }
});

test('the damage is written to a file, and never over the image', async () => {
  const image = sample('truncated.qcow2');
  await openedWithSummary(image);
  const target = vscode.Uri.file(join(tmpdir(), `damage-${String(process.pid)}.map`));
  try {
    await opened(image)?.writeDamage('ddrescue', target);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(target));
    assert.match(text, /^0x\w+ {2}0x\w+ {2}-$/m);
    await assert.rejects(async () => opened(image)?.writeDamage('json', image));
  } finally {
    await closeAll();
    await vscode.workspace.fs.delete(target);
  }
});
