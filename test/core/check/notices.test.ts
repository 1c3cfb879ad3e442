import { describe, expect, it } from 'vitest';
import { Inspection } from '../../../src/core/inspect/inspection.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import type { SparseFile } from '../../images/pieces.js';
import { poke, poked } from '../../images/pokes.js';
import { scanned } from '../opened.js';
import { hostCluster } from '../../../src/core/units.js';

const CLUSTER = 65_536;
const COPIED = 1n << 63n;
const GIB = 2 ** 30;

const noticesOf = (file: SparseFile) => {
  const inspection = new Inspection(scanned(file));
  return inspection.findings({ from: 0, count: 100, severity: 'notice' }).findings;
};

describe('what qemu-img check does not see', () => {
  it('is nothing in a healthy image with everything', () => {
    const image = new ImageBuilder({ virtualSize: GIB })
      .write(0, 40)
      .snapshot({ name: 'a', vmState: new Uint8Array(3 * CLUSTER) })
      .write(3, 9);
    expect(noticesOf(layOut(image))).toEqual([]);
    image.bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 9]] });
    // Healthy, and yet a repair would destroy it.
    expect(noticesOf(layOut(image)).map(({ code }) => code)).toEqual(['repair-deletes-snapshots']);
  });

  it('that a repair would delete all snapshots, and what to do first', () => {
    const file = layOut(
      new ImageBuilder({ virtualSize: GIB })
        .write(0, 4)
        .snapshot({ name: 'a' })
        .snapshot({ name: 'b' })
        .bitmap({ name: 'c', granularityBits: 16, dirty: [] }),
    );
    const [{ message }] = noticesOf(file);
    expect(message).toContain('would delete all 2 snapshots');
    expect(message).toMatch(/First copy the file; then remove the bitmaps .* and repair it then$/);
    // Whichever finding is looked at: what it says of a repair is told with it.
    expect(new Inspection(scanned(file)).summary(0).repairDanger).toBe(message);
  });

  it('a bitmap left in use', () => {
    const image = new ImageBuilder({ virtualSize: GIB }).bitmap({
      name: 'nightly',
      granularityBits: 16,
      dirty: [[0, 9]],
      inUse: true,
    });
    expect(noticesOf(layOut(image)).map((n) => n.message)).toEqual([
      "Bitmap 'nightly' was left in use: what it says is lost",
    ]);
  });

  it('refcounts past the end of the file', () => {
    const file = layOut(new ImageBuilder({ virtualSize: GIB }).write(0, 4));
    const end = file.size / CLUSTER;
    const block = file.places.refcountBlocks[0];
    const notices = noticesOf(poked(file, [poke(block + 2 * (end + 5), 3, 2)]));
    expect(notices).toMatchObject([{ code: 'refcount-past-end', cluster: end + 5 }]);
  });

  it('guest data over a bitmap table', () => {
    const file = layOut(
      new ImageBuilder({ virtualSize: GIB })
        .write(0, 4)
        .bitmap({ name: 'b', granularityBits: 16, dirty: [[0, 9]] }),
    );
    const table = file.places.bitmapTables[0];
    const notices = noticesOf(poked(file, [poke(file.entryOffset(2), COPIED | BigInt(table))]));
    expect(notices).toMatchObject([{ code: 'unguarded-overlap', cluster: table / CLUSTER }]);
  });

  it('an L1 entry that points at guest data', () => {
    const noise = Uint8Array.from({ length: CLUSTER }, (_, i) => (i * 37 + (i >> 8)) & 0xff);
    const file = layOut(new ImageBuilder({ virtualSize: 2 * GIB }).write(0, 1, noise));
    const inspection = new Inspection(scanned(file));
    const clusters = [...Array(file.size / CLUSTER).keys()];
    const cluster = clusters.findIndex((c) =>
      inspection.cluster(hostCluster(c)).kinds.includes('data'),
    );
    const l1Entry = COPIED | BigInt(cluster * CLUSTER);
    const notices = noticesOf(poked(file, [poke(file.places.l1 + 8, l1Entry)]));
    expect(notices).toMatchObject([{ code: 'not-a-table', cluster }]);
  });

  it('a lost L2 table among the leaks', () => {
    const file = layOut(new ImageBuilder({ virtualSize: GIB }).write(0, 40));
    const lost = noticesOf(poked(file, [poke(file.places.l1, 0)]));
    expect(lost).toHaveLength(1);
    expect(lost[0].message).toMatch(
      /^Leaked cluster \d+ looks like an L2 table that was lost: 40 of its 40 entries/,
    );
  });
});
