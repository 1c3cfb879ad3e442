import { describe, expect, it } from 'vitest';
import { type ByteSource, memorySource } from '../../../src/core/byteSource.js';
import { findTables, type FoundTables } from '../../../src/core/lost/findTables.js';
import { tableSectors } from '../../../src/core/lost/tableSectors.js';
import { finish } from '../../../src/core/work.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';
import { Random } from '../../images/random.js';

const CLUSTER = 65_536;

const found = (source: ByteSource): FoundTables => finish(findTables(source));

/** An image without its first cluster. */
function beheaded(builder: ImageBuilder): Uint8Array {
  const bytes = fileBytes(layOut(builder));
  bytes.fill(0x2e, 0, 2 ** builder.geometry.clusterBits);
  return bytes;
}

const disk = (): ImageBuilder => new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 20);

describe('tables by their contents', () => {
  it('are looked for in a hole once, whatever is at its edges', () => {
    const bytes = beheaded(disk());
    const hole = 2 ** 29;
    let read = 0;
    const file: ByteSource = {
      size: bytes.length + hole,
      readInto(target, offset) {
        read += target.length;
        target.fill(0);
        target.set(bytes.subarray(offset, offset + target.length));
      },
    };
    expect(found(file).header).toEqual(found(memorySource(bytes)).header);
    expect(read).toBeLessThan(file.size + 2 ** 28);
  });

  it('are an L1 table of small clusters as a whole, with the hole in it', () => {
    const builder = new ImageBuilder({ virtualSize: 2 ** 26, clusterBits: 9 });
    const image = layOut(builder.write(0, 200).write(80_000, 200));
    const bytes = fileBytes(image).fill(0x2e, 0, 512);
    const [l1] = found(memorySource(bytes)).candidates;
    expect(l1).toMatchObject({ kind: 'l1', offset: image.places.l1 });
    // 64 clusters below an entry; the last is that of cluster 80,199.
    expect(l1.length).toBe((Math.floor(80_199 / 64) + 1) * 8);
  });

  it('are those of the image, and not of one within the disk', () => {
    const inner = fileBytes(
      layOut(new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 12 }).write(0, 300)),
    );
    const builder = disk();
    for (let at = 0; at < inner.length; at += CLUSTER) {
      const piece = new Uint8Array(CLUSTER);
      piece.set(inner.subarray(at, at + CLUSTER));
      builder.write(30 + at / CLUSTER, 1, piece);
    }
    const whole = builder.write(9000, 200);
    const { header } = found(memorySource(beheaded(whole)));
    expect(header).toMatchObject({
      clusterBits: 16,
      l1: whole.active.cluster * CLUSTER,
      refcountBits: 16,
    });
  });

  it('reach as far as data do when nobody says how large the disk is', () => {
    const { header, reasons } = found(memorySource(beheaded(disk().write(100, 3))));
    expect(header?.size).toBe(103 * CLUSTER);
    expect(reasons.join()).toContain('the disk may be larger');
  });

  it('rank a table with refcount 0 below one in use', () => {
    const builder = disk();
    const bytes = beheaded(builder);
    // A copy of the L1 table, left behind past the end.
    const { cluster } = builder.active;
    const end = Math.ceil(bytes.length / CLUSTER) * CLUSTER;
    const longer = new Uint8Array(end + CLUSTER);
    longer.set(bytes);
    longer.set(bytes.subarray(cluster * CLUSTER, (cluster + 1) * CLUSTER), end);
    const { candidates } = found(memorySource(longer));
    const l1s = candidates.filter(({ kind }) => kind === 'l1');
    expect(l1s.map(({ offset }) => offset)).toEqual([cluster * CLUSTER, end]);
    expect(l1s[1].score).toBeLessThan(l1s[0].score);
  });
});

describe('a hostile file', () => {
  it('of nothing but entries is looked through, and what is kept is bounded', () => {
    const size = 2 ** 33;
    // Every second sector looks like a table: each is a run of its own.
    const source: ByteSource = {
      size,
      readInto(target) {
        target.fill(0xee);
        for (let at = 0; at < target.length; at += 1024) {
          target.fill(0, at, at + 512);
          target[at + 6] = 0x40;
        }
      },
    };
    const steps = tableSectors(source);
    for (let step = steps.next(); !step.done; step = steps.next()) if (step.value > 0.05) return;
    throw new Error('it has not been looked through');
  });

  it('of random bytes, or damaged in any way, is no reason to fail', () => {
    const random = new Random(5);
    const whole = fileBytes(layOut(disk().write(200, 9).snapshot({ name: 'a' }).write(3)));
    for (let i = 0; i < 30; i++) {
      const bytes = whole.slice(0, random.between(1, whole.length));
      for (let n = random.below(400); n > 0; n--)
        bytes[random.below(bytes.length)] = random.below(256);
      if (random.chance(0.5)) bytes.fill(random.below(256), 0, Math.min(bytes.length, CLUSTER));
      for (const { score, offset, length } of found(memorySource(bytes)).candidates) {
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(offset).toBeLessThan(bytes.length);
        expect(length).toBeGreaterThan(0);
      }
    }
  });
});
