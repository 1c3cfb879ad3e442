import { afterAll, describe, expect, test } from 'vitest';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheLab } from '../../../src/core/caches/cacheLab.js';
import { type Curve, hitsAt } from '../../../src/core/caches/curve.js';
import { finish } from '../../../src/core/work.js';
import { parsePattern } from '../../../src/core/workload/pattern.js';
import { PatternSource } from '../../../src/core/workload/patternSource.js';
import { KIND, RequestBatch } from '../../../src/core/workload/request.js';
import { Random } from '../../images/random.js';
import { qemu, temporaryFolder } from '../qemu.js';
import { qemuVersion, versionText } from '../qemuVersion.js';
import { SEED } from '../seed.js';
import { measured } from './measured.js';
import { type CacheOptions, countedOf, replayed, settingsOf, withImage } from './ours.js';

/** As for the simulator: a thousand and a half of its cases take some minutes. */
const CASES = Math.ceil(Number(process.env.QCOW2_PEER_CASES ?? 1500) / 50);
const REQUESTS = 400;

interface Recipe {
  readonly name: string;
  readonly cluster: number;
  readonly size: number;
  readonly options: string;
  readonly snapshot?: boolean;
}

const MIB = 2 ** 20;

/** Small clusters make many tables of a small disk. */
const RECIPES: readonly Recipe[] = [
  { name: 'c512', cluster: 512, size: 4 * MIB, options: 'cluster_size=512' },
  {
    name: 'c512-allocated',
    cluster: 512,
    size: 4 * MIB,
    options: 'cluster_size=512,preallocation=full',
  },
  { name: 'c4k', cluster: 4096, size: 64 * MIB, options: 'cluster_size=4k' },
  {
    name: 'c4k-allocated',
    cluster: 4096,
    size: 64 * MIB,
    options: 'cluster_size=4k,preallocation=full',
  },
  { name: 'c4k-v2', cluster: 4096, size: 64 * MIB, options: 'cluster_size=4k,compat=0.10' },
  { name: 'c4k-lazy', cluster: 4096, size: 64 * MIB, options: 'cluster_size=4k,lazy_refcounts=on' },
  { name: 'c2k-r64', cluster: 2048, size: 16 * MIB, options: 'cluster_size=2k,refcount_bits=64' },
  {
    name: 'c4k-snapshot',
    cluster: 4096,
    size: 32 * MIB,
    options: 'cluster_size=4k,preallocation=full',
    snapshot: true,
  },
  {
    name: 'c16k-extended',
    cluster: 16384,
    size: 64 * MIB,
    options: 'cluster_size=16k,extended_l2=on',
  },
];

/** Requests of all kinds, a third of them anywhere. Writes rarely reach into another cluster. */
function randomRequests(random: Random, { size, options, cluster }: Recipe): RequestBatch {
  const batch = new RequestBatch();
  const hasCompressed = random.chance(0.2) && !options.includes('preallocation');
  const hasDiscards = random.chance(0.4);
  const hot = random.below(size / 2);
  for (let i = 0; i < REQUESTS; i++) {
    const sectors = random.chance(0.9) ? random.between(1, 16) : random.between(16, 300);
    const range = random.chance(0.6) ? size / 8 : size;
    const start = (random.chance(0.5) ? hot : 0) + random.below(range);
    const offset = Math.min(Math.floor(start / 512) * 512, size - sectors * 512);
    const kind = random.pick([
      ...[KIND.read, KIND.read, KIND.read, KIND.write, KIND.write],
      ...(hasDiscards ? [KIND.discard, KIND['write-zeroes'], KIND['write-zeroes-unmap']] : []),
      ...(hasCompressed ? [KIND['write-compressed']] : []),
      ...(random.chance(0.2) ? [KIND.flush] : []),
    ]);
    const isLong = kind === KIND.read || random.chance(0.01);
    const length = isLong ? sectors * 512 : Math.min(sectors * 512, cluster - (offset % cluster));
    if (kind === KIND['write-compressed']) {
      batch.add(kind, Math.floor(offset / cluster) * cluster, cluster);
    } else if (kind === KIND.flush) batch.add(kind, 0, 0);
    else batch.add(kind, offset, length);
  }
  return batch;
}

function randomOptions(random: Random, clusterSize: number): CacheOptions {
  const entry = 512 * 2 ** random.below(Math.log2(clusterSize / 512) + 1);
  return {
    ...(random.chance(0.8) ? { 'l2-cache-size': entry * random.between(0, 40) } : {}),
    ...(random.chance(0.6) ? { 'l2-cache-entry-size': entry } : {}),
    ...(random.chance(0.4) ? { 'refcount-cache-size': clusterSize * random.between(0, 12) } : {}),
  };
}

const patternOn = (text: string, size: number): RequestBatch => {
  const pattern = parsePattern(text);
  if (!pattern.ok) throw new Error(pattern.message);
  const source = PatternSource.on(pattern.value, size);
  if (!source.ok) throw new Error(source.message);
  const batch = new RequestBatch();
  while (source.value.fill(batch, 10_000));
  return batch;
};

describe('the caches and those of qemu-io', () => {
  const { path: folder, ...temporary } = temporaryFolder();
  afterAll(() => {
    temporary.remove();
  });
  const made = new Set<string>();
  const create = ({ name, size, options, snapshot }: Recipe): string => {
    const file = `${name}.qcow2`;
    if (!made.has(name)) {
      qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, file, String(size)], folder);
      if (snapshot === true) qemu('qemu-img', ['snapshot', '-c', 'one', file], folder);
      made.add(name);
    }
    return file;
  };

  test(
    `agree on ${CASES} workloads`,
    () => {
      console.log(`qemu-io ${versionText(qemuVersion())}, QCOW2_PEER_SEED=${SEED}`);
      let mixed = 0;
      const misses = { l2: 0, refcount: 0, writeBacks: 0 };
      for (let number = 0; number < CASES; number++) {
        const random = new Random(SEED + number);
        const recipe = RECIPES[number % RECIPES.length];
        const base = join(folder, create(recipe));
        const options = randomOptions(random, recipe.cluster);
        const batch = randomRequests(random, recipe);
        const file = 'case.qcow2';
        copyFileSync(base, join(folder, file));
        const ours = replayed(join(folder, file), options, batch);
        const theirs = measured(folder, file, options, batch);
        const label = `case ${number} of seed ${SEED}: ${recipe.name} ${JSON.stringify(options)}`;
        expect(ours.stopped, label).toBeUndefined();
        expect(ours.failed, label).toBe(theirs.failed);
        if (theirs.isMixed) {
          mixed++;
          expect(ours.l2.lookups, label).toBe(theirs.l2.lookups);
          continue;
        }
        // Slots that are emptied when their table is freed are not traced.
        for (const cache of ['l2', 'refcount'] as const) {
          const { evictions, ...found } = countedOf(ours[cache]);
          const { evictions: traced, ...counts } = theirs[cache];
          expect(found, label).toEqual(counts);
          if (ours[cache].discards === 0) expect(evictions, label).toBe(traced);
          else expect(evictions, label).toBeLessThanOrEqual(traced);
        }
        misses.l2 += theirs.l2.misses;
        misses.refcount += theirs.refcount.misses;
        misses.writeBacks += theirs.l2.evictionWriteBacks;
      }
      console.log(`${mixed} with pieces in flight together; ${JSON.stringify(misses)}`);
      expect(misses.l2).toBeGreaterThan(0);
      expect(mixed).toBeLessThan(CASES / 2);
    },
    24 * 3600 * 1000,
  );

  test('agree on the cliff of a 20 GiB disk, as the curve has it', () => {
    const size = 20 * 2 ** 30;
    const file = create({
      name: 'cliff',
      cluster: 65536,
      size,
      options: 'cluster_size=64k,preallocation=metadata',
    });
    const batch = patternOn('uniform:ops=3000,block=4K', size);
    const sizes = [1, 1.5, 2, 2.5].map((mebibytes) => mebibytes * MIB);
    const curve = withImage(join(folder, file), (image, source): Curve => {
      const lab = CacheLab.open(image, settingsOf({}, source));
      if (!lab.ok) throw new Error(lab.message);
      finish(lab.value.run(batch));
      return lab.value.result.l2.curve;
    });
    const rows = sizes.map((bytes) => {
      const options = { 'l2-cache-size': bytes };
      const { l2 } = measured(folder, file, options, batch);
      expect(countedOf(replayed(join(folder, file), options, batch).l2)).toEqual(l2);
      expect(hitsAt(curve, bytes)).toBe(l2.hits);
      return l2.hits;
    });
    console.log(`hits of 3000 at 1, 1.5, 2, 2.5 MiB: ${rows.join(', ')}`);
    // Where QEMU takes whole tables, each is loaded once.
    expect(rows[3]).toBe(3000 - 40);
  });
});
