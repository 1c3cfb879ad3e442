import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { BuiltOverlap, OverlapAnswer } from '../../src/protocol/overlap.js';
import { closeAll, opened, openedWithSummary, sample } from './opened.js';
import { test } from './runner.js';

const IMAGE = sample('web-server.qcow2');

async function set(key: string, value: unknown): Promise<void> {
  const { Global } = vscode.ConfigurationTarget;
  await vscode.workspace.getConfiguration('qcow2').update(key, value, Global);
}

async function overlap(): Promise<OverlapAnswer> {
  const image = opened(IMAGE);
  assert.ok(image !== undefined);
  return image.overlap();
}

async function built(): Promise<BuiltOverlap> {
  const answer = await overlap();
  assert.equal(answer.state, 'built');
  return answer;
}

test('the overlap structures follow the settings, and nothing is read again', async () => {
  const summary = await openedWithSummary(IMAGE);
  try {
    const before = await built();
    assert.equal(before.slotCount, 16);
    assert.equal(before.counts.forms.cached, before.windows);
    assert.ok(before.windows > 1);

    await set('overlapStructures.bitmapSize', '4K');
    const one = await built();
    assert.equal(one.slotCount, 1);
    assert.equal(one.counts.forms.cached, 1);
    assert.equal(one.counts.forms.fragments, before.windows - 1);

    await set('overlapStructures.totalSizeLimit', '4100');
    await set('overlapStructures.limitPolicy', 'fail');
    const tight = await built();
    assert.ok(tight.events > 0);
    assert.ok(tight.counts.exposures.lost > 0);

    await set('overlapCheckTypes', { 'inactive-l2': true });
    assert.ok((await built()).operations > before.operations);
    await set('overlapCheck', 'none');
    await set('overlapCheckTypes', undefined);
    assert.deepEqual(await overlap(), { state: 'none' });
    assert.equal(opened(IMAGE)?.summary, summary);
  } finally {
    await reset();
  }
  await closeAll();
});

test('a setting that QEMU would refuse is named, and harms nothing else', async () => {
  await openedWithSummary(IMAGE);
  try {
    await set('overlapStructures.bitmapSize', '64Q');
    const answer = await overlap();
    assert.equal(answer.state, 'failed');
    assert.equal(answer.setting, 'bitmapSize');
    assert.match(answer.message, /^Parameter 'overlap-structures.bitmap-size' expects a non-neg/);
  } finally {
    await reset();
  }
  assert.equal((await built()).slotCount, 16);
  await closeAll();
});

async function reset(): Promise<void> {
  for (const key of ['overlapCheck', 'overlapCheckTypes']) await set(key, undefined);
  for (const key of ['bitmapSize', 'totalSizeLimit', 'limitPolicy'])
    await set(`overlapStructures.${key}`, undefined);
}
