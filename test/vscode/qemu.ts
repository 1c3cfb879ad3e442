import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { closeAll, openedWithFacts, openedWithSummary } from './opened.js';
import { Missing, test } from './runner.js';

/** Runs a tool of QEMU's; whatever it answers is in its output. */
function qemu(tool: 'qemu-img' | 'qemu-io', ...args: readonly string[]): string {
  const { error, stdout, stderr, status } = spawnSync(tool, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Missing(`${tool} is not installed`);
  assert.equal(status, 0, stderr);
  return stdout;
}

test('facts and counts are those of qemu-img', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-host-'));
  try {
    const image = join(folder, 'real.qcow2');
    qemu('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', image, '64M');
    qemu('qemu-io', '-c', 'write 1M 3M', '-c', 'write -z 8M 1M', '-c', 'write -c 16M 4k', image);
    qemu('qemu-img', 'snapshot', '-c', 'first', image);
    qemu('qemu-io', '-c', 'write 2M 64k', image);
    const info: unknown = JSON.parse(qemu('qemu-img', 'info', '--output=json', image));
    const check: unknown = JSON.parse(qemu('qemu-img', 'check', '--output=json', image));

    const uri = vscode.Uri.file(image);
    const { geometry, fileSize } = await openedWithFacts(uri);
    assert.ok(geometry !== undefined);
    assertHolds(info, {
      'virtual-size': geometry.virtualSize,
      'cluster-size': 2 ** geometry.clusterBits,
    });
    assert.equal(geometry.snapshots, 1);
    assert.equal(geometry.hostClusters, fileSize / 4096);
    const { counts } = await openedWithSummary(uri);
    assert.ok(counts !== undefined);
    assertHolds(check, {
      'check-errors': counts.checkErrors,
      'total-clusters': counts.totalClusters,
      'allocated-clusters': counts.allocatedClusters,
      'fragmented-clusters': counts.fragmentedClusters,
      'compressed-clusters': counts.compressedClusters,
      'image-end-offset': counts.imageEndOffset,
    });
    await closeAll();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The document has every key with its value. A count that is 0 may be left out, as qemu-img does. */
function assertHolds(document: unknown, expected: Readonly<Record<string, number>>): void {
  assert.ok(typeof document === 'object' && document !== null);
  const found = new Map<string, unknown>(Object.entries(document));
  for (const [key, value] of Object.entries(expected)) {
    assert.equal(found.get(key) ?? 0, value, key);
  }
}
