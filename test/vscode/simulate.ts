import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SimulateAnswer } from '../../src/protocol/simulation.js';
import { closeAll, opened, openedWithSummary, sample } from './opened.js';
import { test } from './runner.js';

const IMAGE = sample('corrupt-l1-overlap.qcow2');
/** Its guest cluster 77 lies in the active L1 table. */
const HIT = 'write 0x4d0000 64K';

async function set(key: string, value: unknown): Promise<void> {
  const { Global } = vscode.ConfigurationTarget;
  await vscode.workspace.getConfiguration('qcow2').update(key, value, Global);
}

async function simulate(...operations: readonly string[]): Promise<SimulateAnswer> {
  const image = opened(IMAGE);
  assert.ok(image !== undefined);
  return image.simulate(operations);
}

test('a simulated write follows the settings of the overlap check', async () => {
  await openedWithSummary(IMAGE);
  const before = await vscode.workspace.fs.stat(IMAGE);
  try {
    const guarded = await simulate(HIT);
    assert.equal(guarded.state, 'done');
    assert.equal(guarded.outcomes[0].verdict.type, 'stopped');
    await set('overlapCheck', 'none');
    const unguarded = await simulate(HIT);
    assert.equal(unguarded.state, 'done');
    assert.deepEqual(unguarded.outcomes[0].verdict.destroyed?.kinds, ['active-l1']);
  } finally {
    await set('overlapCheck', undefined);
  }
  assert.deepEqual(await vscode.workspace.fs.stat(IMAGE), before);
  await closeAll();
});

test('the sizes of the metadata caches are QEMU’s to refuse', async () => {
  await openedWithSummary(IMAGE);
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ l2CacheSize: '1Q' }, /^Parameter 'l2-cache-size' expects a non-negative number/],
    [{ l2CacheEntrySize: '3000' }, /^L2 cache entry size must be a power of two between 512 and /],
    [{ cacheSize: '64K', l2CacheSize: '128K' }, /^l2-cache-size may not exceed cache-size$/],
    [
      { cacheSize: '64K', refcountCacheSize: '128K' },
      /^refcount-cache-size may not exceed cache-size$/,
    ],
  ];
  for (const [settings, message] of refused)
    try {
      for (const [key, value] of Object.entries(settings)) await set(key, value);
      const answer = await simulate('flush');
      assert.equal(answer.state, 'refused');
      assert.match(answer.message, message);
    } finally {
      for (const key of Object.keys(settings)) await set(key, undefined);
    }
  assert.equal((await simulate('flush')).state, 'done');
  await closeAll();
});

test('discard-no-unref is a setting', async () => {
  await openedWithSummary(IMAGE);
  const freed = async (): Promise<number> => {
    const answer = await simulate('write 0 64K', 'discard 0 64K');
    assert.equal(answer.state, 'done');
    return answer.outcomes[1].tally.freed;
  };
  assert.equal(await freed(), 1);
  try {
    await set('discardNoUnref', true);
    assert.equal(await freed(), 0);
  } finally {
    await set('discardNoUnref', undefined);
  }
  await closeAll();
});

test('a small L2 cache misses more often', async () => {
  await openedWithSummary(IMAGE);
  const misses = async (): Promise<number> => {
    const answer = await simulate('write 0 64K', 'write 1G 64K', 'write 2G 64K', 'write 0 64K');
    assert.equal(answer.state, 'done');
    return answer.outcomes.reduce((sum, { caches }) => sum + caches.l2.misses, 0);
  };
  const roomy = await misses();
  try {
    await set('l2CacheSize', '1K');
    await set('l2CacheEntrySize', '512');
    assert.ok((await misses()) > roomy);
  } finally {
    for (const key of ['l2CacheSize', 'l2CacheEntrySize']) await set(key, undefined);
  }
  await closeAll();
});
