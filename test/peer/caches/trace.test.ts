import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { finish } from '../../../src/core/work.js';
import { CacheLab } from '../../../src/core/caches/cacheLab.js';
import { FileWorkload } from '../../../src/core/workload/fileWorkload.js';
import { RequestBatch } from '../../../src/core/workload/request.js';
import { WorkloadFile } from '../../../src/node/workloadFile.js';
import { qemu, temporaryFolder } from '../qemu.js';
import { settingsOf, withImage } from './ours.js';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

test('a log of requests and of look-ups stands beside the simulation of its requests', () => {
  const cwd = folder.path;
  const size = 64 * 2 ** 20;
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', 'a', '64M'], cwd);
  copyFileSync(join(cwd, 'a'), join(cwd, 'b'));
  const at = (i: number): number => ((i * 7919 * 4096) % size) - ((i * 7919 * 4096) % 4096);
  const commands = Array.from(
    { length: 400 },
    (_, i) => `${i % 3 === 0 ? 'write' : 'read'} -q ${at(i % 190)} 4096`,
  );
  writeFileSync(join(cwd, 'events'), 'blk_co_preadv\nblk_co_pwritev\nqcow2_cache_*\n');
  const options = { 'l2-cache-size': 16384 };
  const image = `driver=qcow2,file.filename=b,l2-cache-size=16384,cache-clean-interval=0`;
  const run = spawnSync(
    'qemu-io',
    ['-T', 'events=events,file=log', '-t', 'writeback', '--image-opts', image],
    { cwd, input: commands.map((command) => `${command}\n`).join(''), timeout: 60_000 },
  );
  expect(run.status).toBe(0);
  const file = WorkloadFile.ofDisk(join(cwd, 'log'));
  const words = { name: 'log', format: undefined, volume: undefined };
  const made = FileWorkload.open(file, words);
  if (!made.ok) throw new Error(made.message);
  const workload = made.value;
  const result = withImage(join(cwd, 'a'), (disk, source) => {
    const lab = CacheLab.open(disk, settingsOf(options, source));
    if (!lab.ok) throw new Error(lab.message);
    const batch = new RequestBatch();
    while (workload.fill(batch)) {
      finish(lab.value.run(batch));
      batch.clear();
    }
    lab.value.close();
    return lab.value.result;
  });
  file.close();
  const { measured, badLines } = workload.report;
  expect([result.requests, badLines]).toEqual([commands.length, 0]);
  for (const cache of ['l2', 'refcount'] as const) {
    const { lookups, hits, misses, evictions, writeBacks } = result[cache].counts;
    expect(measured?.[cache]).toMatchObject({ lookups, hits, misses, evictions, writeBacks });
  }
  expect(measured?.l2.evictions).toBeGreaterThan(20);
  expect(measured?.l2.slots).toBe(4);
});
