import { describe, expect, test } from 'vitest';
import { kindsOf } from '../../../../src/core/map/cell.js';
import { type Kind, kindNames } from '../../../../src/core/map/kinds.js';
import { TEMPLATES } from '../../../../src/core/overlap/types.js';
import { parseSimulatedOperation } from '../../../../src/core/simulate/copy/operation.js';
import { Run } from '../../../../src/core/simulate/verdict/operationRun.js';
import type { Verdict } from '../../../../src/core/simulate/verdict/verdict.js';
import type { SparseFile } from '../../../images/pieces.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut, type BuiltImage } from '../../../images/layOut.js';
import { type Poke, poke, poked } from '../../../images/pokes.js';
import { Random } from '../../../images/random.js';
import { builtImages } from '../../../peer/builtImages.js';
import { randomOperations } from '../../../peer/simulate/randomOperations.js';
import { writeImages } from '../../../peer/simulate/writeImages.js';
import { writePlaces } from '../../../peer/simulate/writePlaces.js';
import { survey } from '../../../peer/survey.js';
import { scanned } from '../../opened.js';
import { CLUSTER, COPIED, SETTINGS } from '../simulated.js';

/** The verdict on each of some operations, when nothing is guarded. */
function verdictsOn(file: SparseFile, lines: readonly string[]): readonly Verdict[] {
  const { image, map } = scanned(file);
  const operations = lines.map((line) => {
    const parsed = parseSimulatedOperation(line);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  });
  const run = new Run(image, { ...SETTINGS, guarded: TEMPLATES.none, map });
  while (run.step(operations));
  if (run.opened?.ok !== true) throw new Error(run.opened?.message);
  return run.verdicts;
}

/** Kinds that the last of some operations loses. */
function lostBy(file: SparseFile, ...lines: string[]): Record<string, readonly Kind[]> {
  const { destroyed, overwritten } = verdictsOn(file, lines)[lines.length - 1];
  return {
    ...(destroyed && { destroyed: destroyed.kinds }),
    ...(overwritten && { overwritten: overwritten.kinds }),
  };
}

const disk = (): ImageBuilder => new ImageBuilder({ virtualSize: 64 * 2 ** 20 }).write(0, 20);
/** Guest cluster 5. */
const WRITE = `write ${5 * CLUSTER} ${CLUSTER}`;
const HOLE = 'write 32M 64K';

/** Host offset of the data of a guest cluster. */
const hostOf = (image: BuiltImage, guest: number): number =>
  Number(survey(image).read(image.entryOffset(guest), 8) & 0x00fffffffffffe00n);

/** Host offset of the first cluster of a kind. */
function placeOf(image: SparseFile, kind: Kind): number {
  const { map } = scanned(image);
  for (let cluster = 0; cluster < map.clusters; cluster++)
    if (kindNames(kindsOf(map.cell(cluster))).includes(kind)) return cluster * CLUSTER;
  throw new Error(`no ${kind}`);
}

/** Guest cluster 5 is said to lie at `host`, and to be nobody else's. */
const claiming = (image: BuiltImage, host: number): SparseFile =>
  poked(image, [poke(image.entryOffset(5), COPIED | BigInt(host))]);

/** A refcount of 16 bits. */
const refcount = (image: BuiltImage, host: number, value: number): Poke =>
  poke(image.places.refcountBlocks[0] + (host / CLUSTER) * 2, value, 2);

describe('a write in place', () => {
  test('of its own cluster loses nothing', () => {
    expect(lostBy(layOut(disk()), WRITE)).toEqual({});
  });

  test('overwrites data of another guest cluster', () => {
    const image = layOut(disk());
    expect(lostBy(claiming(image, hostOf(image, 9)), WRITE)).toEqual({ overwritten: ['data'] });
  });

  test('overwrites data that a snapshot shares, when COPIED denies it', () => {
    const image = layOut(disk().snapshot({ name: 's' }).write(5));
    expect(lostBy(image, `write ${9 * CLUSTER} ${CLUSTER}`)).toEqual({});
    const entry = poke(image.entryOffset(9), COPIED | BigInt(hostOf(image, 9)));
    const lost = lostBy(poked(image, [entry]), `write ${9 * CLUSTER} ${CLUSTER}`);
    expect(lost).toEqual({ overwritten: ['data'] });
  });

  test.each<[Kind, 'destroyed' | 'overwritten']>([
    ['compressed', 'overwritten'],
    ['vm-state', 'overwritten'],
    ['bitmap-table', 'destroyed'],
    ['bitmap-data', 'destroyed'],
    ['bitmap-directory', 'destroyed'],
    ['active-l1', 'destroyed'],
    ['active-l2', 'destroyed'],
    ['refcount-block', 'destroyed'],
    ['refcount-table', 'destroyed'],
    ['snapshot-table', 'destroyed'],
    ['inactive-l1', 'destroyed'],
    ['inactive-l2', 'destroyed'],
  ])('of %s that is not its own: %s', (kind, how) => {
    const image = layOut(
      disk()
        .compress(40, new Uint8Array(CLUSTER).fill(7))
        .snapshot({ name: 's', vmState: new Uint8Array(CLUSTER).fill(1) })
        .write(5)
        .bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 4]] }),
    );
    expect(lostBy(claiming(image, placeOf(image, kind)), WRITE)).toEqual({ [how]: [kind] });
  });

  test('through an L2 table of two L1 entries destroys it', () => {
    const builder = new ImageBuilder({ virtualSize: 2 ** 20, clusterBits: 9 }).write(0).write(64);
    const image = layOut(builder);
    const shared = survey(image).read(image.places.l1, 8);
    const file = poked(image, [poke(image.places.l1 + 8, shared)]);
    expect(lostBy(file, 'write 8K 512')).toEqual({ destroyed: ['active-l2'] });
  });
});

describe('a new cluster', () => {
  test('is lost to nobody when it was freed before', () => {
    const file = layOut(disk());
    const freed = `discard ${9 * CLUSTER} ${CLUSTER}`;
    expect(lostBy(file, freed, HOLE)).toEqual({});
    expect(lostBy(file, freed, 'write-compressed 32M 64K')).toEqual({});
    expect(lostBy(file, 'write-compressed 32M 64K', 'discard 32M 64K', HOLE)).toEqual({});
  });

  test.each([HOLE, 'write-compressed 32M 64K'])(
    'overwrites data whose refcount is 0: %s',
    (line) => {
      const image = layOut(disk());
      const file = poked(image, [refcount(image, hostOf(image, 9), 0)]);
      expect(lostBy(file, line)).toEqual({ overwritten: ['data'] });
    },
  );

  test('overwrites compressed data whose refcount is 0, and goes on behind its own', () => {
    const image = layOut(disk().compress(40, new Uint8Array(CLUSTER).fill(7)));
    const file = poked(image, [refcount(image, placeOf(image, 'compressed'), 0)]);
    expect(lostBy(file, 'write-compressed 32M 64K')).toEqual({ overwritten: ['compressed'] });
    const twice = ['write-compressed 32M 64K', 'write-compressed 48M 64K'];
    expect(lostBy(layOut(disk()), ...twice)).toEqual({});
  });

  test('overwrites data where QEMU goes on behind compressed data that are there no more', () => {
    const lines = ['write-compressed 32M 64K', 'discard 32M 64K', HOLE, 'write-compressed 48M 64K'];
    expect(lostBy(layOut(disk()), ...lines)).toEqual({ overwritten: ['data'] });
  });

  test('overwrites data that a snapshot of the list got with a refcount of 0', () => {
    const image = layOut(new ImageBuilder({ virtualSize: 64 * 2 ** 20 }).skip(8).write(0, 20));
    const file = poked(image, [refcount(image, hostOf(image, 5), 0)]);
    expect(lostBy(file, WRITE)).toEqual({});
    expect(lostBy(file, 'snapshot-create s', WRITE)).toEqual({ overwritten: ['data'] });
  });
});

test('a cluster of two that is freed by one is a hole in the other’s data', () => {
  const image = layOut(disk());
  const file = claiming(image, hostOf(image, 9));
  expect(lostBy(file, `discard ${5 * CLUSTER} ${CLUSTER}`)).toEqual({ overwritten: ['data'] });
});

test('a corruption that QEMU only tells of does not stop the write', () => {
  const image = layOut(disk());
  // Not on the grid, and so it cannot be freed.
  const entry = poke(image.entryOffset(5), BigInt(hostOf(image, 9) + 512));
  const [verdict] = verdictsOn(poked(image, [entry]), [WRITE]);
  expect(verdict.type).toBe('passes');
  expect(verdict.reported).toContain('unaligned');
});

/** Lists of operations that are tried on each image. */
const LISTS = 8;

test.each(
  [...writeImages(), ...builtImages()].filter(({ name }) => !/c(16|18|21)|scattered/.test(name)),
)('nothing is lost on the healthy image $name', (recipe) => {
  const file = recipe.build();
  const { image, map } = scanned(file);
  const places = writePlaces({ name: '', file, sideFiles: new Map(), isEncrypted: false });
  const random = new Random(11);
  for (let i = 0; i < LISTS && places.virtualSize > 0; i++) {
    const lines = [1, 2, 3].flatMap(() => randomOperations(random, places));
    const operations = lines.flatMap((line) => {
      const parsed = parseSimulatedOperation(line);
      return parsed.ok && parsed.value.type !== 'abort' ? [parsed.value] : [];
    });
    const run = new Run(image, { ...SETTINGS, guarded: TEMPLATES.none, map });
    while (run.step([...operations, { type: 'close' }]));
    for (const { destroyed, overwritten } of run.verdicts) {
      // QEMU's own mistake, above: nothing after it is sound.
      if ((destroyed ?? overwritten)?.places[0].what === 'compressed data') break;

      expect({ destroyed, overwritten }, lines.join('\n')).toEqual({});
    }
  }
});
