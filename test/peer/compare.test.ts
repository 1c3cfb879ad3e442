import { afterAll, describe, expect, test } from 'vitest';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord, type UnknownRecord } from '../../src/core/record.js';
import { Random } from '../images/random.js';
import { runCli } from '../cli/runCli.js';
import { qemu, temporaryFolder } from './qemu.js';
import { SEED } from './seed.js';

const CLUSTER_SIZES = [512, 4096, 65_536, 2 ** 20] as const;
const MIB = 2 ** 20;

function records(text: string): UnknownRecord[] {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new Error(`no list: ${text}`);
  return value.filter(isRecord);
}

function compared(a: string, b: string): UnknownRecord {
  const value: unknown = JSON.parse(runCli(['compare', '--json', a, b]).stdout);
  if (!isRecord(value)) throw new Error('no document');
  return value;
}

function write(path: string, folder: string, random: Random): void {
  const operations = Array.from({ length: 6 }, () => {
    const at = random.below(7) * MIB + random.below(2048) * 512;
    const length = Math.min(512 * (1 + random.below(1500)), 8 * MIB - at);
    const what = random.pick(['write', 'write', 'write -z', 'write -z -u', 'discard']);
    return ['-c', `${what} ${String(at)} ${String(length)}`];
  });
  qemu('qemu-io', ['-d', 'unmap', ...operations.flat(), path], folder);
}

/** Ranges in which two maps of qemu-img say different things: what is seen from sector to sector. */
function differences(a: UnknownRecord[], b: UnknownRecord[], size: number): unknown[] {
  const told = (map: UnknownRecord[]): string[] => {
    const sectors: string[] = [];
    for (const { start, length, present, zero, data, offset } of map)
      for (let at = Number(start); at < Number(start) + Number(length); at += 512) {
        const place = offset === undefined ? '' : Number(offset) + at - Number(start);
        sectors.push([present, zero, data, place].join());
      }
    return sectors;
  };
  const [ours, theirs] = [told(a), told(b)];
  const ranges: { start: number; length: number }[] = [];
  for (let sector = 0; sector < size / 512; sector++) {
    if (ours[sector] === theirs[sector]) continue;
    const last = ranges.at(-1);
    if (last && last.start + last.length === sector * 512) last.length += 512;
    else ranges.push({ start: sector * 512, length: 512 });
  }
  return ranges;
}

/** Refcount of each cluster in use, by host offset. */
function refcounts(path: string, clusterSize: number): Map<number, unknown> {
  const counts = new Map<number, unknown>();
  for (const { offset, clusters, refcount } of records(runCli(['layout', '--json', path]).stdout))
    for (let index = 0; index < Number(clusters); index++)
      if (Number(refcount) > 0) counts.set(Number(offset) + index * clusterSize, refcount);
  return counts;
}

function offsets(runs: unknown, clusterSize: number): number[] {
  if (!Array.isArray(runs)) throw new Error('no runs');
  return runs
    .filter(isRecord)
    .flatMap(({ offset, clusters }) =>
      Array.from({ length: Number(clusters) }, (_, index) => Number(offset) + index * clusterSize),
    );
}

describe('compare, and the maps of qemu-img', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });
  const mapOf = (path: string): UnknownRecord[] =>
    records(qemu('qemu-img', ['map', '--output=json', path], folder.path));

  test.for(
    CLUSTER_SIZES.flatMap((size) => [false, true].map((snapshots) => ({ size, snapshots }))),
  )('agree on two states, $size, snapshots $snapshots', ({ size, snapshots }) => {
    const random = new Random(SEED + size + Number(snapshots));
    const a = join(folder.path, `a-${String(size)}-${String(snapshots)}.qcow2`);
    const b = a.replace('.qcow2', '-later.qcow2');
    const create = ['create', '-q', '-f', 'qcow2', '-o', `cluster_size=${String(size)}`, a, '8M'];
    qemu('qemu-img', create, folder.path);
    write(a, folder.path, random);
    if (snapshots) qemu('qemu-img', ['snapshot', '-c', 'early', a], folder.path);
    write(a, folder.path, random);
    copyFileSync(a, b);
    write(b, folder.path, random);
    if (snapshots) {
      qemu('qemu-img', ['snapshot', '-d', 'early', b], folder.path);
      qemu('qemu-img', ['snapshot', '-c', 'late', b], folder.path);
    }

    const found = compared(a, b);
    expect(found.guest).toEqual(differences(mapOf(a), mapOf(b), 8 * MIB));
    expect(found.snapshots).toEqual(
      snapshots ? { added: ['late'], removed: ['early'] } : { added: [], removed: [] },
    );
    const before = refcounts(a, size);
    const after = refcounts(b, size);
    const all = [...new Set([...before.keys(), ...after.keys()])].sort((x, y) => x - y);
    if (!isRecord(found.host)) throw new Error('no host');
    expect(offsets(found.host.appeared, size)).toEqual(all.filter((at) => !before.has(at)));
    expect(offsets(found.host.vanished, size)).toEqual(all.filter((at) => !after.has(at)));
    expect(offsets(found.host.changed, size)).toEqual(
      all.filter((at) => before.has(at) && after.has(at) && before.get(at) !== after.get(at)),
    );
    expect(compared(a, a)).toMatchObject({ guest: [], host: { changed: [] } });
  });

  test('agree on a snapshot and the disk', () => {
    const random = new Random(SEED);
    const path = join(folder.path, 'snapshots.qcow2');
    qemu(
      'qemu-img',
      ['create', '-q', '-f', 'qcow2', '-o', 'cluster_size=4k', path, '8M'],
      folder.path,
    );
    for (const name of ['one', 'two', undefined]) {
      write(path, folder.path, random);
      if (name !== undefined) qemu('qemu-img', ['snapshot', '-c', name, path], folder.path);
    }
    /** The map of the disk of a snapshot: what lies where does not change when it is applied. */
    const mapOfSnapshot = (name: string): UnknownRecord[] => {
      const copy = join(folder.path, `applied-${name}.qcow2`);
      copyFileSync(path, copy);
      qemu('qemu-img', ['snapshot', '-a', name, copy], folder.path);
      return mapOf(copy);
    };
    const states = [
      [path, mapOf(path)],
      [`${path}#one`, mapOfSnapshot('one')],
      [`${path}#two`, mapOfSnapshot('two')],
    ] as const;
    for (const [a, mapA] of states)
      for (const [b, mapB] of states)
        expect([a, b, compared(a, b).guest]).toEqual([a, b, differences(mapA, mapB, 8 * MIB)]);
  });
});
