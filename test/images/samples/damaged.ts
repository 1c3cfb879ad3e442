import { ImageBuilder } from '../imageBuilder.js';
import { layOut, type BuiltImage } from '../layOut.js';
import type { SparseFile } from '../pieces.js';
import { poke, poked, type Poke } from '../pokes.js';
import { Random } from '../random.js';
import { logTexts } from './texts.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const CLUSTER = 65_536;
const COPIED = 1n << 63n;

function mailServer(): ImageBuilder {
  const random = new Random(6);
  const image = new ImageBuilder({ virtualSize: 4 * GIB });
  image.write(0, 300);
  for (let run = 0; run < 60; run++) image.write(8192 + random.below(6000), random.between(1, 20));
  return image.zero(20_000, 80).write(40_000, 120);
}

/** Guest cluster 77 points at the active L1 table: the guest's next write there destroys it. */
export function l1Overlap(): SparseFile {
  const image = layOut(mailServer());
  return poked(image, [poke(image.entryOffset(77), COPIED | BigInt(image.places.l1))]);
}

/** Two guest clusters point at the first refcount block. */
export function refcountBlockAsData(): SparseFile {
  const image = layOut(mailServer());
  const claim = COPIED | BigInt(image.places.refcountBlocks[0]);
  return poked(image, [
    poke(image.entryOffset(120), claim),
    poke(image.entryOffset(40_003), claim),
  ]);
}

/** A host that lost power between allocating clusters and linking them. */
export function leaks(): SparseFile {
  const image = mailServer();
  return layOut(image.leak(96).write(50_000, 64).leak(7).write(60_000, 8).leak(1));
}

/** A database server after a bad disk: most kinds of findings at once. */
export function databaseDamaged(): SparseFile {
  const random = new Random(7);
  const builder = new ImageBuilder({ virtualSize: 20 * GIB });
  const texts = logTexts(random, 8, CLUSTER);
  builder.write(0, 700);
  for (let guest = 1000; guest < 1200; guest++) builder.compress(guest, random.pick(texts));
  for (let run = 0; run < 160; run++) {
    builder.write(16_384 + random.below(60_000), random.between(1, 16));
  }
  builder.write(100_000, 400).snapshot({ name: 'month end' }).write(100_100, 90);
  builder.snapshot({ name: 'year end', vmState: new Uint8Array(4 * MIB) });
  builder.write(2000, 50).zero(3000, 40, true).zero(3100, 60).leak(33);
  builder.bitmap({ name: 'backup', granularityBits: 16, dirty: [[100, 900]], inUse: true });
  const image = layOut(builder);
  return poked(image, damage(image, random));
}

function damage(image: BuiltImage, random: Random): Poke[] {
  const entry = (guestCluster: number, value: bigint): Poke =>
    poke(image.entryOffset(guestCluster), value);
  const cluster = (index: number): bigint => BigInt(index * CLUSTER);
  const { l1, refcountBlocks, bitmapTables, snapshotTable } = image.places;
  const pokes = [
    entry(3, COPIED | BigInt(l1)),
    entry(4, COPIED | BigInt(refcountBlocks[0])),
    entry(5, COPIED | BigInt(bitmapTables[0])),
    entry(6, COPIED | BigInt(snapshotTable ?? 0)),
    entry(7, COPIED | BigInt(image.size + 40 * CLUSTER)),
    entry(8, COPIED | cluster(200) | 0x600n),
    entry(9, COPIED | cluster(201) | 0x40n),
    entry(3001, COPIED | cluster(210) | 0x201n),
    // A compressed cluster that claims COPIED, and one whose data would lie past the end.
    poke(image.entryOffset(1010), 0xc0, 1),
    entry(1011, (1n << 62n) | BigInt(image.size + CLUSTER * 3)),
    // The second L1 entry with a reserved bit, the 30th at an unaligned table.
    poke(l1 + 8, 0xa0, 1),
    poke(l1 + 30 * 8, COPIED | cluster(300) | 0x200n),
  ];
  // Refcounts: too low, too high, and copies that are not.
  for (let i = 0; i < 40; i++) {
    const at = refcountBlocks[0] + 2 * random.between(40, 1800);
    pokes.push(poke(at, random.pick([0, 2, 3, 9]), 2));
  }
  // Two runs of guest clusters that share their host clusters.
  for (let i = 0; i < 24; i++) pokes.push(entry(400 + i, COPIED | cluster(150 + i)));
  return pokes;
}
