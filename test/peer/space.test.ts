import { afterAll, describe, expect, test } from 'vitest';
import { copyFileSync, openSync, closeSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../images/random.js';
import { storedOf } from '../../src/core/map/cell.js';
import { scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { leakedBytes, spaceBill, type SpaceBill } from '../../src/core/space/bill.js';
import { isRecord } from '../../src/core/record.js';
import { finish } from '../../src/core/work.js';
import { FileSource } from '../../src/node/fileSource.js';
import { runCli } from '../cli/runCli.js';
import { qemu, runQemu, temporaryFolder } from './qemu.js';
import { SEED } from './seed.js';

interface Recipe {
  readonly clusterSize: number;
  readonly refcountBits: number;
  readonly extendedL2: boolean;
  readonly compressed: boolean;
}

const RECIPES: readonly Recipe[] = [512, 4096, 65_536, 2 ** 21].flatMap((clusterSize, row) =>
  (row % 2 === 0 ? [16, 8] : [2, 64]).map((refcountBits, index) => ({
    clusterSize,
    refcountBits,
    extendedL2: index === 1 && clusterSize >= 16_384,
    compressed: (index + row) % 2 === 0,
  })),
);

const SNAPSHOTS = ['one', 'two', 'three'] as const;
const MIB = 2 ** 20;

/** An image with writes between its snapshots, and two bitmaps. */
function makeImage(path: string, folder: string, recipe: Recipe, random: Random): void {
  const options = [
    `cluster_size=${String(recipe.clusterSize)}`,
    `refcount_bits=${String(recipe.refcountBits)}`,
    `extended_l2=${recipe.extendedL2 ? 'on' : 'off'}`,
  ].join(',');
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, path, '28M'], folder);
  // Two bits count to three: the third snapshot would be one too many.
  const snapshots = recipe.refcountBits === 2 ? SNAPSHOTS.slice(0, 2) : SNAPSHOTS;
  for (const [round, name] of [...snapshots, undefined].entries()) {
    const writes = Array.from({ length: 4 }, () => {
      const at = random.below(16) * MIB + random.below(2048) * 512;
      return [
        '-c',
        `write -P ${String(1 + random.below(250))} ${String(at)} ${String(512 * (1 + random.below(2000)))}`,
      ];
    });
    const packed = recipe.compressed
      ? ['-c', `write -c -P 7 ${String(20 + 2 * round)}M ${String(2 * MIB)}`]
      : [];
    qemu('qemu-io', [...writes.flat(), ...packed, path], folder);
    if (name !== undefined) qemu('qemu-img', ['snapshot', '-c', name, path], folder);
  }
  for (const [index, name] of ['first', 'second'].entries()) {
    qemu('qemu-img', ['bitmap', '--add', '-g', '65536', path, name], folder);
    if (index === 0) qemu('qemu-io', ['-c', 'write -P 9 3M 5M', path], folder);
  }
}

/** What is in a file: the bill, and how many clusters have a refcount. */
function billOf(path: string): { readonly bill: SpaceBill; readonly used: number } {
  const source = FileSource.open(path);
  try {
    const image = openImage(source);
    if (!isMappable(image)) throw new Error('not mappable');
    const found = finish(scan(image));
    let used = 0;
    for (let cluster = 0; cluster < found.map.clusters; cluster++)
      if (storedOf(found.map.cell(cluster)) > 0) used++;
    return { bill: finish(spaceBill(found)), used };
  } finally {
    source.close();
  }
}

/** A snapshot out of the table, with all that it holds left where it is. */
function loseLastSnapshot(path: string): void {
  const file = openSync(path, 'r+');
  const count = Buffer.alloc(4);
  readSync(file, count, 0, 4, 60);
  count.writeUInt32BE(count.readUInt32BE() - 1);
  writeSync(file, count, 0, 4, 60);
  closeSync(file);
}

/** A JSON object that QEMU printed. */
function record(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new Error(`no object: ${text}`);
  return value;
}

const subsets = <T>(list: readonly T[]): T[][] =>
  list.reduce<T[][]>((all, one) => [...all, ...all.map((set) => [...set, one])], [[]]).slice(1);

describe('the bill of the space, and what qemu-img does', () => {
  const folder = temporaryFolder();
  afterAll(() => {
    folder.remove();
  });

  test.for(RECIPES.map((recipe, index) => ({ recipe, index })))(
    'agree on $recipe',
    async ({ recipe, index }) => {
      const random = new Random(SEED + index * 0x9e3779b1);
      const path = join(folder.path, `space-${String(index)}.qcow2`);
      const copy = join(folder.path, `copy-${String(index)}.qcow2`);
      makeImage(path, folder.path, recipe, random);
      const { bill, used } = billOf(path);

      const inParts = bill.parts.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(inParts).toBe(bill.fileBytes);
      /** Bytes freed by what is done to a copy. */
      const freed = (act: () => void): number => {
        copyFileSync(path, copy);
        act();
        return (used - billOf(copy).used) * recipe.clusterSize;
      };

      for (const set of subsets(bill.snapshots.map(({ snapshot }) => snapshot))) {
        const really = freed(() => {
          for (const { name } of set) qemu('qemu-img', ['snapshot', '-d', name, copy], folder.path);
        });
        const names = set.map(({ name }) => name).join();
        expect([names, bill.freedBy(set.map((one) => one.index))]).toEqual([names, really]);
        if (set.length === 1) expect(bill.snapshots[set[0].index].freedBytes).toBe(really);
      }
      for (const { name, freedBytes } of bill.bitmaps.rooms)
        expect([name, freedBytes]).toEqual([
          name,
          freed(() => qemu('qemu-img', ['bitmap', '--remove', copy, name], folder.path)),
        ]);

      const ours: unknown = JSON.parse(runCli(['space', '--json', path]).stdout);
      const measured = record(
        qemu('qemu-img', ['measure', '-O', 'qcow2', '--output=json', path], folder.path),
      );
      const checked = await runQemu('qemu-img', ['check', '--output=json', path], folder.path);
      expect(ours).toMatchObject({
        convert: {
          required: measured.required,
          fullyAllocated: measured['fully-allocated'],
          bitmaps: measured.bitmaps,
        },
        file: { bytes: bill.fileBytes, endOffset: record(checked.stdout)['image-end-offset'] },
      });
    },
  );

  test('what dropping the leaks frees is what is called leaked', () => {
    const random = new Random(SEED);
    const path = join(folder.path, 'leaks.qcow2');
    const recipe = { clusterSize: 4096, refcountBits: 16, extendedL2: false, compressed: true };
    makeImage(path, folder.path, recipe, random);
    // With bitmaps a repair deletes the other snapshots too.
    for (const name of ['first', 'second'])
      qemu('qemu-img', ['bitmap', '--remove', path, name], folder.path);
    loseLastSnapshot(path);
    const before = billOf(path);
    const both = join(folder.path, 'leaks-and-snapshots.qcow2');
    copyFileSync(path, both);
    qemu('qemu-img', ['check', '-q', '-r', 'leaks', path], folder.path);
    const after = billOf(path);
    const leaked = before.bill.parts.find(({ kind }) => kind === 'leaked');
    expect(leaked?.clusters).toBeGreaterThan(0);
    expect(before.used - after.used).toBe(leaked?.clusters);
    expect(after.bill.parts.some(({ kind }) => kind === 'leaked')).toBe(false);

    // With the snapshots that are left: what the lost one holds of their clusters goes only with the leaks.
    for (const name of ['one', 'two'])
      qemu('qemu-img', ['snapshot', '-d', name, both], folder.path);
    expect((before.used - billOf(both).used) * recipe.clusterSize).toBe(
      before.bill.freedBy([0, 1]),
    );
    qemu('qemu-img', ['check', '-q', '-r', 'leaks', both], folder.path);
    const freed = before.bill.freedBy([0, 1], true) + leakedBytes(before.bill);
    expect((before.used - billOf(both).used) * recipe.clusterSize).toBe(freed);
    expect(before.bill.freedBy([0, 1], true)).toBeGreaterThan(before.bill.freedBy([0, 1]));
  });
});
