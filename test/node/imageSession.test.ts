import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { DOMINANT_MASK, glyphOfKind, TILE_CELLS } from '../../src/core/picture/tile.js';
import { ImageSession } from '../../src/node/imageSession.js';
import type { ImageEvent, Tile } from '../../src/protocol/imageService.js';
import { fileBytes } from '../images/pieces.js';
import { smallImage } from './smallImage.js';

const image = smallImage();
const bytes = fileBytes(image);

function open(contents: Uint8Array): { session: ImageSession; events: ImageEvent[] } {
  const events: ImageEvent[] = [];
  const session = new ImageSession(memorySource(contents), 'a.qcow2', (event) => {
    events.push(event);
  });
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
    expect(session.tile(whole).generation).toBe(1);
    expect(session.cluster({ cluster: 0 })).toMatchObject({ offset: 0, owners: [], more: true });
    expect(session.findings({ from: 0, count: 10, severity: undefined }).total).toBe(0);
  });

  test('stops when it is cancelled, and still answers', () => {
    const { session, events } = open(bytes);
    session.start();
    session.cancel();
    session.cancel();
    expect(session.advance(10)).toBe(false);
    expect(events.map((event) => event.type)).toEqual(['facts', 'progress', 'cancelled']);
    expect(session.tile(whole).generation).toBe(2);
  });

  test('draws what it found, under a generation of its own', () => {
    const { session, events } = finished(bytes);
    const tile = session.tile(whole);
    const last = events.at(-1);
    expect(last?.type === 'scanned' && last.generation).toBe(tile.generation);
    const data = dominants(tile).filter((dominant) => dominant === glyphOfKind('data'));
    expect(data.length).toBe(300);
  });

  test('knows the owners of a cluster', () => {
    const { session } = finished(bytes);
    const detail = session.cluster({ cluster: image.places.l1 / image.clusterSize });
    expect(detail).toMatchObject({
      kinds: ['active-l1'],
      stored: '1',
      references: 1,
      owners: [{ type: 'l1-table', snapshot: undefined }],
    });
  });

  test('lists the leaks as findings', () => {
    const { session } = finished(bytes);
    const page = session.findings({ from: 1, count: 5, severity: 'leak' });
    expect(page.total).toBe(2);
    expect(page.findings.map((finding) => finding.code)).toEqual(['leak']);
  });
});

describe('what is asked wrongly', () => {
  test('a cluster past the end is named with both numbers', () => {
    const { session } = finished(bytes);
    expect(() => session.cluster({ cluster: 2 ** 40 })).toThrow(
      /^cluster 1099511627776: expected one below \d+, the end of the file$/,
    );
  });

  test('a file without a layout has facts and no map', () => {
    const { session, events } = finished(new Uint8Array(1000));
    expect(events).toMatchObject([{ type: 'facts', facts: { geometry: undefined } }]);
    expect(() => session.tile(whole)).toThrow('there is no map of this image');
    expect(() => session.cluster({ cluster: 0 })).toThrow('there is no map of this image');
  });
});
