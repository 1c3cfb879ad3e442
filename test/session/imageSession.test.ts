import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { DOMINANT_MASK, glyphOfKind, TILE_CELLS } from '../../src/core/picture/tile.js';
import { ImageSession } from '../../src/session/imageSession.js';
import type { ImageEvent, Tile } from '../../src/protocol/imageService.js';
import { fileBytes } from '../images/pieces.js';
import { smallImage } from './smallImage.js';
import { MACHINE } from './machine.js';
import { guestOffset, hostCluster } from '../../src/core/units.js';

const image = smallImage();
const bytes = fileBytes(image);

function open(contents: Uint8Array): { session: ImageSession; events: ImageEvent[] } {
  const events: ImageEvent[] = [];
  const session = new ImageSession(
    memorySource(contents),
    'a.qcow2',
    (event) => {
      events.push(event);
    },
    MACHINE,
  );
  return { session, events };
}

function finished(contents: Uint8Array): { session: ImageSession; events: ImageEvent[] } {
  const opened = open(contents);
  opened.session.start();
  while (opened.session.advance(10));
  return opened;
}

function dominants(tile: Tile): Uint8Array {
  if (tile.cells.type === 'uniform') throw new Error('expected a tile of unlike cells');
  const cells = inflateRawSync(tile.cells.bytes);
  expect(cells.length).toBe(TILE_CELLS * 3);
  return cells.subarray(0, TILE_CELLS).map((glyph) => glyph & DOMINANT_MASK);
}

const whole = { view: 'host', layer: 'kinds', curve: 'rows', level: 0, x: 0, y: 0 } as const;

describe('a scan', () => {
  test('says the facts first, and sums up at the end', () => {
    const { events } = finished(bytes);
    expect(events[0]).toMatchObject({
      type: 'facts',
      facts: { fileName: 'a.qcow2', fileSize: bytes.length, geometry: { clusterBits: 12 } },
    });
    expect(events.at(-1)).toMatchObject({
      type: 'scanned',
      summary: { clusters: { data: 300, 'main-header': 1 }, counts: { corruptions: 0, leaks: 2 } },
    });
  });

  test('has a map from its start on', () => {
    const { session, events } = open(bytes);
    session.start();
    expect(events.map((event) => event.type)).toEqual(['facts', 'progress']);
    expect(session.service.tile(whole).generation).toBe(1);
    expect(session.service.cluster({ cluster: hostCluster(0) })).toMatchObject({
      offset: 0,
      owners: [],
      more: true,
    });
    expect(session.service.findings({ from: 0, count: 10, severity: undefined }).total).toBe(0);
  });

  test('stops when it is cancelled, and still answers', () => {
    const { session, events } = open(bytes);
    session.start();
    session.cancel();
    session.cancel();
    expect(session.advance(10)).toBe(false);
    expect(events.map((event) => event.type)).toEqual(['facts', 'progress', 'cancelled']);
    expect(session.service.tile(whole).generation).toBe(2);
  });

  test('draws what it found, under a generation of its own', () => {
    const { session, events } = finished(bytes);
    const tile = session.service.tile(whole);
    const last = events.at(-1);
    expect(last?.type === 'scanned' && last.generation).toBe(tile.generation);
    const data = dominants(tile).filter((dominant) => dominant === glyphOfKind('data'));
    expect(data.length).toBe(300);
  });

  test('knows the owners of a cluster', () => {
    const { session } = finished(bytes);
    const detail = session.service.cluster({
      cluster: hostCluster(image.places.l1 / image.clusterSize),
    });
    expect(detail).toMatchObject({
      kinds: ['active-l1'],
      stored: '1',
      references: 1,
      owners: [{ type: 'l1-table', snapshot: undefined }],
    });
  });

  test('lists the leaks as findings', () => {
    const { session } = finished(bytes);
    const page = session.service.findings({ from: 1, count: 5, severity: 'leak' });
    expect(page.total).toBe(2);
    expect(page.findings.map((finding) => finding.code)).toEqual(['leak']);
  });
});

describe('finding one\u2019s way', () => {
  const { session } = finished(bytes);
  const l1 = image.places.l1 / image.clusterSize;

  test('the next leak, and on at the other end', () => {
    const target = { type: 'leak' } as const;
    const first = session.service.next({ target, from: undefined, direction: 1 });
    expect(first).toMatchObject({ clusters: 2, position: 0, total: 1, wrapped: false });
    const again = session.service.next({ target, from: first?.cluster, direction: 1 });
    expect(again).toEqual({ ...first, wrapped: true });
    expect(session.service.next({ target, from: first?.cluster, direction: -1 })).toEqual(again);
    expect(
      session.service.next({
        target: { type: 'kind', kind: 'vm-state' },
        from: hostCluster(0),
        direction: 1,
      }),
    ).toBeUndefined();
  });

  test('before the scan is done kinds can be found, and what is wrong cannot', () => {
    const unfinished = open(bytes).session;
    unfinished.start();
    const kind = { type: 'kind', kind: 'unallocated' } as const;
    expect(unfinished.service.next({ target: kind, from: undefined, direction: 1 })?.cluster).toBe(
      0,
    );
    expect(() =>
      unfinished.service.next({ target: { type: 'leak' }, from: undefined, direction: 1 }),
    ).toThrow('when the scan is done');
    expect(
      unfinished.service.ranges({
        filter: undefined,
        order: 'place',
        from: 0,
        count: 9,
        at: hostCluster(0),
      }).total,
    ).toBe(0);
    expect(unfinished.service.mapped({ cluster: hostCluster(0) }).runs).toEqual([]);
  });

  test('what a table maps', () => {
    const { runs, clusters } = session.service.mapped({ cluster: hostCluster(l1) });
    expect(clusters).toBe(1);
    expect(session.service.cluster({ cluster: runs[0].cluster }).kinds).toEqual(['active-l2']);
    expect(session.service.mapped({ cluster: runs[0].cluster }).clusters).toBe(300);
  });

  test('the counts of a block of cells, row by row', () => {
    const { runs, generation } = session.service.cells({ curve: 'rows', x: 0, y: 0 });
    expect(generation).toBeGreaterThan(0);
    const cells = runs.filter((_, i) => i % 2 === 1).reduce((sum, n) => sum + n, 0);
    expect(cells).toBe(64 * 64);
    // Header, refcount table, refcount block, L1 table and all that follows are referred to once.
    expect(runs[0]).toBe(1 | (1 << 8));
  });

  test('ranges, with the place of a cluster among them', () => {
    const page = session.service.ranges({
      filter: undefined,
      order: 'place',
      from: 0,
      count: 3,
      at: hostCluster(l1),
    });
    expect(page.runs).toHaveLength(3);
    expect(page.runs[0]).toEqual({
      offset: 0,
      clusters: 1,
      types: ['main-header'],
      refcount: 1,
      references: 1,
    });
    expect(page.position).toBeLessThan(page.total);
    const data = session.service.ranges({
      filter: { type: 'kind', kind: 'data' },
      order: 'place',
      from: 0,
      count: 9,
      at: undefined,
    });
    expect(data.runs.reduce((sum, run) => sum + run.clusters, 0)).toBe(300);
  });

  test('places by name', () => {
    expect(
      session.service.locate({ place: { type: 'guest', offset: guestOffset(0) } }),
    ).toMatchObject({
      type: 'found',
      entry: { l1Index: 0, l2Index: 0, state: 'normal' },
    });
    const [table] = session.service.mapped({ cluster: hostCluster(l1) }).runs;
    const byTable = session.service.locate({
      place: { type: 'selected-l2', l2Index: 7, selected: table.cluster },
    });
    expect(byTable).toEqual(
      session.service.locate({ place: { type: 'l2', l1Index: 0, l2Index: 7 } }),
    );
    if (byTable.type !== 'found') throw new Error('not found');
    const byData = { type: 'selected-l2', l2Index: 7, selected: byTable.cluster } as const;
    expect(session.service.locate({ place: byData })).toEqual(byTable);
    expect(() =>
      session.service.locate({ place: { ...byData, selected: hostCluster(0) } }),
    ).toThrow('no active L2 table has to do with cluster 0');
  });
});

describe('what is asked wrongly', () => {
  test('a cluster past the end is named with both numbers', () => {
    const { session } = finished(bytes);
    expect(() => session.service.cluster({ cluster: hostCluster(2 ** 40) })).toThrow(
      /^cluster 1,099,511,627,776: expected one below [\d,]+, the end of the file$/,
    );
  });

  test('a file without a geometry has facts and no map', () => {
    const { session, events } = finished(new Uint8Array(1000));
    expect(events).toMatchObject([{ type: 'facts', facts: { geometry: undefined } }]);
    expect(() => session.service.tile(whole)).toThrow('there is no map of this image');
    expect(() => session.service.cluster({ cluster: hostCluster(0) })).toThrow(
      'there is no map of this image',
    );
  });
});

test('an image that needs more memory than there may be taken is told how much', () => {
  const session = new ImageSession(
    memorySource(bytes),
    'a.qcow2',
    () => undefined,
    MACHINE,
    2 ** 10,
  );
  expect(() => {
    session.start();
    while (session.advance(10));
  }).toThrow(/^this image needs about 67 MiB of memory, .* qcow2-lens check --memory 67$/);
});
