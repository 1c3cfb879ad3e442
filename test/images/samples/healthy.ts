import { ImageBuilder } from '../imageBuilder.js';
import { layOut, type BuiltImage } from '../layOut.js';
import { Random } from '../random.js';
import { logTexts } from './texts.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const CLUSTER = 65_536;
const PER_GIB = GIB / CLUSTER;

/** Two years of a web server: a compressed template, upgrades, logs, a database, backups. */
export function webServer(): BuiltImage {
  const random = new Random(1);
  const image = new ImageBuilder({ virtualSize: 40 * GIB });
  const texts = logTexts(random, 24, CLUSTER);

  // The template: boot sector, root file system, mostly compressed.
  image.write(0, 2, texts[0]).write(16, 48);
  for (let guest = 512; guest < 1500; guest++) {
    if (!random.chance(0.12)) image.compress(guest, random.pick(texts));
  }
  image.write(2 * PER_GIB, 640).write(3 * PER_GIB + 2000, 380);
  image.snapshot({ name: 'clean install', date: 1_640_995_200 });

  // An upgrade rewrites parts of the root file system and trims what it no longer needs.
  for (let run = 0; run < 60; run++) image.write(512 + random.below(900), random.between(1, 14));
  image.discard(2 * PER_GIB + 200, 120).zero(2 * PER_GIB + 360, 64);
  // Logs grow while the database writes here and there: two layouts, interleaved on the host.
  for (let day = 0; day < 420; day++) {
    image.write(8 * PER_GIB + day * 2, 2, day % 7 === 0 ? random.pick(texts) : undefined);
    image.write(20 * PER_GIB + random.below(2600), random.between(1, 3));
  }
  image.zero(8 * PER_GIB + 900, 200, true);
  image.snapshot({
    name: 'before upgrade to 12.4',
    date: 1_700_000_000,
    vmState: new Uint8Array(24 * MIB),
  });

  for (let run = 0; run < 240; run++) {
    image.write(20 * PER_GIB + random.below(2600), random.between(1, 4));
  }
  image
    .skip(180)
    .write(31 * PER_GIB + 77, 900)
    .discard(31 * PER_GIB + 300, 250);
  for (let guest = 0; guest < 260; guest++) {
    image.compress(36 * PER_GIB + guest * 3, random.pick(texts));
  }
  image.bitmap({
    name: 'backup-full',
    granularityBits: 16,
    dirty: [
      [0, 1400],
      [131_072, 900],
    ],
  });
  image.bitmap({ name: 'backup-incremental', granularityBits: 16, dirty: [[327_680, 2600]] });
  return layOut(image.write(39 * PER_GIB, 128));
}

/** A developer's layer over the web server. */
export function developerOverlay(): BuiltImage {
  const random = new Random(2);
  const image = new ImageBuilder({
    virtualSize: 40 * GIB,
    backing: { name: 'web-server.qcow2', format: 'qcow2' },
    lazyRefcounts: true,
  });
  for (let run = 0; run < 90; run++) {
    image.write(random.below(40) * PER_GIB + random.below(700), random.between(1, 24));
  }
  return layOut(image.zero(20 * PER_GIB, 300));
}

/** A router's flash with the smallest clusters: one L2 table for each 32 KiB. */
export function routerFlash(): BuiltImage {
  const random = new Random(3);
  const image = new ImageBuilder({ virtualSize: 4 * MIB, clusterBits: 9, refcountOrder: 3 });
  image.write(0, 900).snapshot({ name: 'factory' });
  for (let run = 0; run < 120; run++) image.write(random.below(4000), random.between(1, 8));
  return layOut(image.zero(5000, 700).write(6500, 640));
}

/** Films in 2 MiB clusters. */
export function mediaArchive(): BuiltImage {
  const random = new Random(4);
  const image = new ImageBuilder({ virtualSize: 2 * 2 ** 40, clusterBits: 21 });
  for (let film = 0; film < 40; film++) image.write(film * 900, random.between(4, 40));
  return layOut(image.zero(700_000, 50, true));
}

/** Extended L2: a database that writes single 4 KiB pages of 128 KiB clusters. */
export function pageStore(): BuiltImage {
  const random = new Random(5);
  const image = new ImageBuilder({ virtualSize: 16 * GIB, clusterBits: 17, extendedL2: true });
  image.write(0, 200);
  for (let page = 0; page < 900; page++) {
    const allocated = (random.uint32() & random.uint32()) >>> 0;
    const zero = (random.uint32() & random.uint32() & ~allocated) >>> 0;
    image.writeSubclusters(1000 + random.below(4000), { allocated, zero });
  }
  for (let guest = 20_000; guest < 20_200; guest++) image.zeroSubclusters(guest, random.uint32());
  image.snapshot({ name: 'quarter end' }).write(1200, 60);
  return layOut(image);
}
