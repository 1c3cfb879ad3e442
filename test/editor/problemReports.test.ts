import { describe, expect, test } from 'vitest';
import { Inspection, type FindingsQuery } from '../../src/core/inspect/inspection.js';
import { imageFacts } from '../../src/core/qcow2/facts.js';
import { findingReports, headerReports, MAX_FINDINGS } from '../../src/editor/problemReports.js';
import { databaseDamaged } from '../images/samples/damaged.js';
import { opened, scanned } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { poke, poked } from '../images/pokes.js';
import { hostOffset } from '../../src/core/units.js';

function asking(file: Parameters<typeof scanned>[0]) {
  const inspection = new Inspection(scanned(file));
  const { findingsByCode } = inspection.summary(0);
  const total = Object.values(findingsByCode).reduce((sum, n) => sum + n, 0);
  const asked: FindingsQuery[] = [];
  const ask = (query: FindingsQuery) => {
    asked.push(query);
    return Promise.resolve(inspection.findings(query));
  };
  const { geometry } = imageFacts(opened(file), 'a.qcow2');
  if (!geometry) throw new Error('no geometry');
  return { inspection, geometry, total, asked, ask };
}

const healthy = layOut(new ImageBuilder({ virtualSize: 2 ** 26 }).write(0, 300));

describe('the findings in the Problems panel', () => {
  test('are none for a healthy image', async () => {
    const { geometry, total, ask, asked } = asking(healthy);
    expect(await findingReports(geometry, total, ask)).toEqual([]);
    expect(asked).toEqual([]);
  });

  test('tell cluster, host offset and code', async () => {
    const { l1 } = healthy.places;
    const { geometry, total, ask } = asking(
      poked(healthy, [poke(healthy.entryOffset(6), (1n << 63n) | BigInt(l1))]),
    );
    expect(await findingReports(geometry, total, ask)).toContainEqual({
      level: 'error',
      code: 'refcount-too-low',
      message: `ERROR cluster ${l1 / 65_536} refcount=1 reference=2 (cluster ${l1 / 65_536}, host offset 0x${l1.toString(16)})`,
      to: l1 / 65_536,
    });
  });

  test('say whose it is', async () => {
    const image = new ImageBuilder({ virtualSize: 2 ** 26 }).write(0, 3).snapshot({ name: 'a' });
    const file = layOut(image.write(9));
    const { geometry, total, ask } = asking(
      poked(file, [poke(file.entryOffset(1), file.dataOffset(1) + 0x200)]),
    );
    const messages = (await findingReports(geometry, total, ask)).map(({ message }) => message);
    expect(messages.join('\n')).toContain(
      'L2 entry corrupted: L2 entry 1 of L1 entry 0 (guest offset 0x10000) (cluster ',
    );
  });

  test('are at most 200, the worst of them, and say how many more there are', async () => {
    const { geometry, total, ask, inspection } = asking(databaseDamaged());
    expect(total).toBeGreaterThan(MAX_FINDINGS);
    const reports = await findingReports(geometry, total, ask);
    expect(reports).toHaveLength(MAX_FINDINGS + 1);
    const corruptions = inspection.findings({ from: 0, count: 0, severity: 'corruption' }).total;
    expect(reports.filter(({ level }) => level === 'error')).toHaveLength(corruptions);
    expect(reports.at(-1)).toEqual({
      level: 'information',
      code: 'more-findings',
      message: `… and ${total - MAX_FINDINGS} more findings; open the Findings list`,
      to: 'findings',
    });
  });

  test('are left alone when the image is gone before they are told', async () => {
    expect(
      await findingReports(asking(healthy).geometry, 5, () => Promise.resolve(undefined)),
    ).toEqual([]);
  });
});

describe('the header in the Problems panel', () => {
  test('is told with the field, and graver where QEMU refuses it', () => {
    const facts = imageFacts(opened(poked(healthy, [poke(20, 40, 4)])), 'a.qcow2');
    const [report] = headerReports(facts);
    expect(report).toMatchObject({ level: 'error', code: 'cluster_bits', to: 'image' });
    expect(report.message).toContain('(host offset 0x14)');
  });

  test('has no characters that reorder or break a line', () => {
    const facts = imageFacts(opened(healthy), 'a.qcow2');
    const problem = {
      message: 'a\nb\u202ec',
      field: 'x',
      offset: hostOffset(0),
      refusal: undefined,
    };
    const [{ message, level }] = headerReports({ ...facts, problems: [problem] });
    expect(message).toBe('a\ufffdb\ufffdc (host offset 0x0)');
    expect(level).toBe('warning');
  });
});
