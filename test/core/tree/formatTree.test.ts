import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import { FormatTree } from '../../../src/core/tree/formatTree.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';
import { Random } from '../../images/random.js';
import { SAMPLES } from '../../images/samples/samples.js';
import { child, childrenOf, everyNode, structuresOf } from './tree.js';

/** Everything that has a line in the tree. */
function rich() {
  const image = new ImageBuilder({
    virtualSize: 2 ** 30,
    backing: { name: 'base.qcow2', format: 'qcow2' },
    cryptoHeader: 2 ** 18,
  });
  image.write(0, 20).zero(100, 2).zero(110, 1, true).compress(200, new Uint8Array(65_536));
  image.snapshot({ name: 'before', vmState: new Uint8Array(100_000) });
  image.write(5, 3).bitmap({ name: 'nightly', granularityBits: 16, dirty: [[0, 5]] });
  return layOut(image);
}

describe('the tree', () => {
  it('has a root for each structure that the image has', () => {
    const labels = (file: Parameters<typeof structuresOf>[0]) =>
      childrenOf(structuresOf(file), '').map((node) => node.label);
    expect(labels(rich())).toEqual([
      'Header',
      'Header extensions',
      'Active L1',
      'Refcount table',
      'Snapshot table',
      'Bitmap directory',
      'LUKS header',
    ]);
    expect(labels(layOut(new ImageBuilder({ virtualSize: 2 ** 20 })))).toEqual([
      'Header',
      'Header extensions',
      'Active L1',
      'Refcount table',
    ]);
  });

  it('shows the bytes of every field as they are in the file', () => {
    const file = rich();
    const bytes = fileBytes(file);
    let compared = 0;
    for (const { raw, offset = 0, size = 0 } of everyNode(structuresOf(file), 40)) {
      if (raw === undefined) continue;
      expect(raw).toBe(Buffer.from(bytes.slice(offset, offset + size)).toString('hex'));
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  it('finds nothing wrong with a healthy image', () => {
    for (const node of everyNode(structuresOf(rich()), 40))
      // The image writer puts noise where LUKS would be.
      if (!node.id.startsWith('luks')) expect(node.trouble, node.id).toBeUndefined();
  });

  it('answers the same in any order, whatever was asked for before', () => {
    const file = rich();
    const one = structuresOf(file);
    const paths = [...everyNode(one, 10)].filter((node) => node.expandable).map((node) => node.id);
    for (const path of paths.toReversed())
      expect(childrenOf(structuresOf(file), path), path).toEqual(childrenOf(one, path));
  });

  it.each(['nowhere', 'l1/999', 'l1/x', 'header/version', '/', 'l1/0/0/0/0', '__proto__'])(
    'refuses the path %s',
    (path) => {
      expect(() => structuresOf(rich()).page({ path, from: 0, count: 10 })).toThrow(
        'there is nothing below',
      );
    },
  );

  it('has nothing behind its end', () => {
    const structures = structuresOf(rich());
    for (const path of ['', 'l1', 'l1/0', 'refcounts/0', 'snapshots', 'bitmaps/0/table']) {
      const { total } = structures.page({ path, from: 0, count: 0 });
      expect(structures.page({ path, from: total + 5, count: 10 })).toEqual({ total, nodes: [] });
    }
  });

  it('survives every sample, and samples with bytes changed at random', () => {
    const samples = SAMPLES.map((sample) => sample.build()).filter(({ size }) => size < 2 ** 27);
    expect(samples.length).toBeGreaterThan(5);
    for (const sample of samples)
      for (const node of everyNode(structuresOf(sample), 8)) expect(node.id).not.toBe('');
    const random = new Random(5);
    const bytes = fileBytes(rich());
    for (let round = 0; round < 100; round++) {
      const damaged = bytes.slice();
      for (let i = 0; i < 12; i++)
        damaged[random.below(i < 6 ? 600 : damaged.length)] = random.below(256);
      const structures = new FormatTree(openImage(memorySource(damaged)));
      for (const node of everyNode(structures, 8)) expect(node.value.length).toBeLessThan(2000);
    }
  });

  it('tells where a pointer past the end of the file leads', () => {
    const file = rich();
    const { l1 } = file.places;
    const structures = structuresOf(poked(file, [poke(l1, (1n << 63n) | 0x10_0000_0000n)]));
    expect(child(structures, 'l1', '0')).toMatchObject({
      target: 0x10_0000_0000,
      trouble: 'past the end of the file',
    });
    expect(childrenOf(structures, 'l1/0')).toEqual([]);
  });
});
