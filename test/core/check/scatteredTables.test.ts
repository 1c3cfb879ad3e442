import { expect, it } from 'vitest';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { poke, poked } from '../../images/pokes.js';
import { Random } from '../../images/random.js';
import { scanned } from '../opened.js';

const CLUSTER = 4096;
const TABLE = CLUSTER / 8;
const COPIED = 1n << 63n;

/** L2 tables whose clusters lie in random order. */
function scattered(tables = 4) {
  const image = new ImageBuilder({ virtualSize: tables * TABLE * CLUSTER, clusterBits: 12 });
  const order = Uint32Array.from({ length: tables * TABLE }, (_, guest) => guest);
  new Random(7).shuffle(order);
  for (const guest of order) image.write(guest);
  return layOut(image);
}

it('counts every cluster once', () => {
  const { map, statistics, comparison, findings, copiedFindings } = scanned(scattered());
  // A few clusters follow the one before by chance; the peer tests have the exact number.
  expect(statistics.fragmented).toBeGreaterThan(4 * (TABLE - 5));
  expect(statistics).toMatchObject({ allocated: 4 * TABLE, compressed: 0 });
  expect(comparison.total).toBe(0);
  expect([...findings.kept, ...copiedFindings.kept]).toEqual([]);
  expect(map.clusters).toBeGreaterThan(4 * TABLE);
});

it('judges COPIED flags in the order of the entries', () => {
  const file = scattered();
  const entries = [5, TABLE - 1, TABLE, 3 * TABLE + 17];
  const wrong = poked(
    file,
    entries.map((guest) => poke(file.entryOffset(guest), 0, 1)),
  );
  const offsets = scanned(wrong).copiedFindings.kept.map(({ owner }) =>
    owner?.type === 'l2-entry' ? owner.guestOffset / CLUSTER : undefined,
  );
  expect(offsets).toEqual(entries);
});

it('counts more references to one cluster than a cell can', () => {
  const file = scattered();
  const shared = 40;
  const pokes = Array.from({ length: 300 }, (_, i) =>
    poke(file.entryOffset(TABLE + i), COPIED | BigInt(shared * CLUSTER)),
  );
  const { references, comparison } = scanned(poked(file, pokes));
  const before = scanned(file).references.exact(shared);
  expect([300, 301]).toContain(references.exact(shared));
  expect(before).toBe(1);
  expect(comparison.finding(shared)?.message).toBe(
    `ERROR cluster ${shared} refcount=1 reference=${references.exact(shared)}`,
  );
});

it('counts COPIED flags that contradict when no more of them are kept', () => {
  const tables = 200;
  const file = scattered(tables);
  const { refcountTable, refcountBlocks } = file.places;
  const withoutBlocks = refcountBlocks.map((_, index) => poke(refcountTable + index * 8, 0));
  const { copiedFindings } = scanned(poked(file, withoutBlocks));
  expect(copiedFindings.isFull).toBe(true);
  expect(copiedFindings.byCode().get('copied-data')).toBe(tables * TABLE);
  expect(copiedFindings.byCode().get('copied-l2-table')).toBe(tables);
});
