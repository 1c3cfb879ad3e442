import { expect, test } from 'vitest';
import { valuesOf } from '../../../src/core/picture/layer.js';
import { repairLayer } from '../../../src/core/picture/repairLayer.js';
import { changedRuns } from '../../../src/core/repair/changedRuns.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { repair } from '../../../src/core/repair/repair.js';
import { finish } from '../../../src/core/work.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import type { SparseFile } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';
import { scanned } from '../opened.js';

const CLUSTER = 65_536;
const values = valuesOf({ view: 'host', layer: 'repairAll' });

/** By cluster of the file: what a repair does to it, in words. */
function fates(file: SparseFile, mode: RepairMode): string[] {
  const scan = scanned(file);
  const { after } = finish(repair(scan.image, { mode, filename: 'a.qcow2' }));
  const { source } = scan.image;
  const changed = () => changedRuns(source, after);
  const picture = finish(repairLayer(scan, { source: after, changed }));
  const glyphs = new Uint32Array(scan.map.clusters);
  picture.read(0, 0, glyphs.length, glyphs);
  return Array.from(glyphs, (packed) => values[packed & 31]);
}

const sound = layOut(
  new ImageBuilder({ virtualSize: 2 ** 24 }).write(0, 20).leak(3).skip(2).write(30),
);
const { places } = sound;
const blockCluster = places.refcountBlocks[0] / CLUSTER;
const dataCluster = (guest: number): number => sound.dataOffset(guest) / CLUSTER;

test('what is given free is told from what only gets another refcount, and from what is written', () => {
  const file = poked(sound, [poke(places.refcountBlocks[0] + 2 * dataCluster(4), 3n, 2)]);
  const all = fates(file, 'all');
  expect(all[dataCluster(4)]).toBe('refcount');
  expect(all[dataCluster(5)]).toBe('unchanged');
  expect(all[blockCluster]).toBe('written');
  expect(all.filter((fate) => fate === 'freed')).toHaveLength(3);
  expect(all.filter((fate) => fate === 'none')).toHaveLength(2);
});

test('a sound image is unchanged', () => {
  const file = layOut(new ImageBuilder({ virtualSize: 2 ** 24 }).write(0, 20));
  expect(new Set(fates(file, 'all'))).toEqual(new Set(['unchanged']));
});

test('a rebuild takes clusters, and gives the old blocks free', () => {
  const image = layOut(new ImageBuilder({ virtualSize: 2 ** 24 }).write(0, 20).skip(4).write(30));
  const [block] = image.places.refcountBlocks;
  const lost = image.dataOffset(7) / CLUSTER;
  const file = poked(image, [poke(block + 2 * lost, 0n, 2)]);
  const all = fates(file, 'all');
  expect(all[block / CLUSTER]).toBe('freed');
  expect(all.filter((fate) => fate === 'taken').length).toBeGreaterThan(0);
  expect(all[lost]).toBe('refcount');
  expect(all[0]).toBe('written');
  expect(fates(file, 'leaks')[lost]).toBe('unchanged');
});
