import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CacheReplay } from '../../../src/core/caches/cacheReplay.js';
import { finish } from '../../../src/core/work.js';
import { FioLog } from '../../../src/core/workload/fioLog.js';
import { LineReader } from '../../../src/core/workload/lineReader.js';
import { RequestBatch } from '../../../src/core/workload/request.js';
import { qemu, temporaryFolder } from '../qemu.js';
import { type CacheOptions, countedOf, replayed, settingsOf, withImage } from './ours.js';

const VECTORS = join(import.meta.dirname, '..', '..', 'vectors', 'caches');

interface Recorded {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly writebacks: number;
  readonly evictionWritebacks: number;
}

interface Row {
  readonly image: string;
  readonly workload: string;
  readonly options: CacheOptions;
  readonly ops: number;
  readonly l2: Recorded;
  readonly refcount: Recorded;
}

const isTruth = (value: unknown): value is { readonly rows: readonly Row[] } =>
  typeof value === 'object' && value !== null && 'rows' in value && Array.isArray(value.rows);

function recordedRows(): readonly Row[] {
  const truth: unknown = JSON.parse(readFileSync(join(VECTORS, 'truth.json'), 'utf8'));
  if (!isTruth(truth)) throw new Error('truth.json has no rows');
  return truth.rows;
}

function workload(name: string): RequestBatch {
  const batch = new RequestBatch();
  const reader = new LineReader(new FioLog(undefined), batch);
  reader.push(readFileSync(join(VECTORS, `${name}.iolog`)));
  reader.end();
  expect(reader.badLines).toBe(0);
  return batch;
}

const counts = (recorded: Recorded) => ({
  lookups: recorded.lookups,
  hits: recorded.hits,
  misses: recorded.misses,
  evictions: recorded.evictions,
  writeBacks: recorded.writebacks,
  evictionWriteBacks: recorded.evictionWritebacks,
});

describe('what qemu-io 7.2 was recorded to do', () => {
  const { path: folder, ...temporary } = temporaryFolder();
  afterAll(() => {
    temporary.remove();
  });
  const create = (name: string, size: string, options: string): void => {
    qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, `${name}.qcow2`, size], folder);
    if (name === 'v3-snapshot')
      qemu('qemu-img', ['snapshot', '-c', 'before', `${name}.qcow2`], folder);
    // QEMU asks how many blocks the file takes.
    spawnSync('cp', ['--sparse=always', `${name}.qcow2`, 'copy'], { cwd: folder });
    renameSync(join(folder, 'copy'), join(folder, `${name}.qcow2`));
  };
  create('v1-read', '6G', 'cluster_size=64k,preallocation=metadata');
  create('v2-allocate', '256M', 'cluster_size=4k');
  create('v3-snapshot', '512M', 'cluster_size=16k,preallocation=metadata');

  test.for(recordedRows())('$image with $options', (row) => {
    const batch = workload(row.workload);
    expect(batch.size).toBe(row.ops);
    const replay = replayed(join(folder, `${row.image}.qcow2`), row.options, batch);
    expect(replay).toMatchObject({ failed: 0, stopped: undefined });
    expect(countedOf(replay.l2)).toEqual(counts(row.l2));
    const { lookups, hits, ...refcount } = countedOf(replay.refcount);
    const { lookups: theirs, hits: theirHits, ...recorded } = counts(row.refcount);
    expect(refcount).toEqual(recorded);
    // QEMU looks at as many clusters as the file has blocks, once. Nobody tells which of its holes
    // were filled by then: one cluster more than the file had before.
    const missing = row.image === 'v3-snapshot' ? 1 : 0;
    expect([lookups, hits]).toEqual([theirs - missing, theirHits - missing]);
  });

  test('every look-up in order', () => {
    const batch = workload('v2-allocate');
    const path = join(folder, 'v2-allocate.qcow2');
    const found = { l2: new Array<number>(), refcount: new Array<number>() };
    withImage(path, (image, source) => {
      const opened = CacheReplay.open(image, settingsOf({ 'l2-cache-size': 65536 }, source));
      if (!opened.ok) throw new Error(opened.message);
      const { driver } = opened.value;
      const listen = (offsets: number[], { tableBytes }: { readonly tableBytes: number }) => ({
        lookedUp(table: number, count: number) {
          for (let i = 0; i < count; i++) offsets.push(table * tableBytes);
        },
        givenBack: () => undefined,
      });
      driver.l2Cache.trail = listen(found.l2, driver.l2Cache);
      driver.refcountCache.trail = listen(found.refcount, driver.refcountCache);
      finish(opened.value.run(batch));
    });
    for (const cache of ['l2', 'refcount'] as const) {
      const text = readFileSync(join(VECTORS, `v2-allocate.${cache}-lookups.txt`), 'utf8');
      const recorded = text
        .trim()
        .split('\n')
        .map((line) => Number(line.split(' ')[0]));
      const otherwise = recorded.filter((offset, index) => offset !== found[cache][index]);
      // Pieces of one write were linked in the order in which they were done.
      expect(otherwise).toHaveLength(cache === 'l2' ? 2 : 0);
      expect(found[cache].toSorted((a, b) => a - b)).toEqual(recorded.toSorted((a, b) => a - b));
    }
  });
});
