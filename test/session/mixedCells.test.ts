import { describe, expect, test } from 'vitest';
import { type ByteSource, memorySource } from '../../src/core/byteSource.js';
import { createCurve } from '../../src/core/picture/curve.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { Random } from '../images/random.js';
import { MACHINE } from './machine.js';
import { guestCluster } from '../../src/core/units.js';

const GUESTS = 9000;
const BLOCK = 64;

/** 16 KiB clusters; some of the disk is mixed, and the L2 tables of some of it are missing. */
function mixedImage(): ImageBuilder {
  const random = new Random(11);
  const image = new ImageBuilder({
    virtualSize: GUESTS * 2 ** 14,
    clusterBits: 14,
    extendedL2: true,
  });
  image
    .write(0, 40)
    .zero(60, 10)
    .compress(80, new TextEncoder().encode('pages'.repeat(500)));
  for (let page = 0; page < 700; page++) {
    const allocated = (random.uint32() & random.uint32()) >>> 0;
    const zero = (random.uint32() & ~allocated) >>> 0;
    image.writeSubclusters(100 + random.below(2000), { allocated, zero });
  }
  // The first bit and the last: the words of an entry are unsigned.
  image.writeSubclusters(90, { allocated: 0x8000_0001, zero: 0x7000_0000 });
  for (let guest = 5000; guest < 5100; guest++) image.zeroSubclusters(guest, random.uint32());
  return image;
}

/** A source that counts what is read of it. */
function counted(bytes: Uint8Array): { source: ByteSource; reads: { length: number }[] } {
  const source = memorySource(bytes);
  const reads: { length: number }[] = [];
  return {
    reads,
    source: {
      size: source.size,
      readInto: (target, offset) => {
        reads.push({ length: target.length });
        source.readInto(target, offset);
      },
    },
  };
}

function scanned(source: ByteSource): ImageSession {
  const session = new ImageSession(source, 'a.qcow2', () => undefined, MACHINE);
  session.start();
  while (session.advance(10));
  return session;
}

describe('the subclusters of a block', () => {
  test.each(['hilbert', 'rows'] as const)('are those of the L2 entries (%s)', (name) => {
    const session = scanned(memorySource(fileBytes(layOut(mixedImage()))));
    const curve = createCurve(name, GUESTS);
    let told = 0;
    for (let y = 0; y * BLOCK < curve.height; y++)
      for (let x = 0; x * BLOCK < curve.width; x++) {
        const { cells } = session.service.subclusters({ curve: name, x, y });
        const byCell = new Map<number, readonly number[]>();
        for (let i = 0; i < cells.length; i += 4) byCell.set(cells[i], cells.slice(i + 1, i + 4));
        expect(byCell.size).toBe(cells.length / 4);
        for (let cell = 0; cell < BLOCK * BLOCK; cell++) {
          const row = y * BLOCK + Math.floor(cell / BLOCK);
          const cluster = curve.cluster(x * BLOCK + (cell % BLOCK), row);
          if (cluster === undefined) {
            expect(byCell.has(cell)).toBe(false);
            continue;
          }
          const { kind, bitmap, dataOffset } = session.service.guestCluster({
            cluster: guestCluster(cluster),
          });
          const known = byCell.get(cell);
          expect(known !== undefined, `guest cluster ${cluster}`).toBe(kind === 'partial');
          if (!known) continue;
          const [placed, zeroes, allocated] = known;
          expect(BigInt(bitmap ?? 0)).toBe((BigInt(zeroes) << 32n) | BigInt(allocated));
          expect(placed).toBe(dataOffset === undefined ? 0 : 1);
          told++;
        }
      }
    expect(told).toBeGreaterThan(500);
  });

  test('cost the entries of the block, and nothing more', () => {
    const { source, reads } = counted(fileBytes(layOut(mixedImage())));
    const session = scanned(source);
    reads.length = 0;
    session.service.subclusters({ curve: 'hilbert', x: 0, y: 0 });
    const bytes = reads.reduce((sum, { length }) => sum + length, 0);
    // Of the four L2 tables of its clusters the last is missing.
    expect(bytes).toBe((3 / 4) * 16 * BLOCK * BLOCK);
    expect(reads).toHaveLength(3);
  });

  test('are not read of an image that has none', () => {
    const image = new ImageBuilder({ virtualSize: GUESTS * 2 ** 14, clusterBits: 14 });
    const { source, reads } = counted(fileBytes(layOut(image.write(0, 500))));
    const session = scanned(source);
    reads.length = 0;
    expect(session.service.subclusters({ curve: 'hilbert', x: 0, y: 0 })).toEqual({ cells: [] });
    expect(reads).toEqual([]);
  });
});
