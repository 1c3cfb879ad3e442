import { describe, expect, test } from 'vitest';
import { fromWebview } from '../../src/editor/validate.js';

const options = {
  overlapCheck: 'cached',
  types: { 'inactive-l2': true },
  bitmapSize: '64Q',
  totalSizeLimit: '',
  limitPolicy: 'evict',
};
const table = { options, position: 5, sort: 'age', descending: true, from: 0, count: 100 };
const tile = { view: 'host', layer: 'kinds', curve: 'hilbert', level: 3, x: 1, y: 2 };
const simulation = {
  operations: ['write 0 64K', 'nonsense'],
  options: {
    overlap: options,
    caches: { cacheSize: '', l2CacheSize: '1M', l2CacheEntrySize: 'x', refcountCacheSize: '' },
    engine: 'today',
    cache: 'writeback',
    discardNoUnref: true,
  },
};
const request = (method: string, query: unknown, id: unknown = 1): unknown => ({
  type: 'request',
  request: { id, method, query },
});

const lab = (workload: unknown): unknown => ({
  workload,
  caches: simulation.options.caches,
  overlap: options,
  cache: 'writeback',
  onMap: true,
});

describe('messages of the protocol pass', () => {
  test.each([
    { type: 'ready' },
    { type: 'cancelScan' },
    { type: 'reload' },
    { type: 'setCaches', options: simulation.options.caches },
    request('tile', tile),
    request('strip', { view: 'host', layer: 'kinds', rows: 900 }),
    request('cluster', { cluster: 2 ** 40 }),
    request('findings', { from: 0, count: 100, severity: undefined }),
    request('findings', { from: 0, count: 100, severity: 'leak' }),
    request('findings', { from: 0, count: 100, severity: undefined, code: 'leak' }),
    request('diagnosis', {}),
    request('tree', { path: 'l1/12', from: 0, count: 100 }),
    request('caches', lab({ kind: 'pattern', text: 'zipf:ops=1M' })),
    request('caches', lab({ kind: 'file', file: '/a', format: 'csv:offset=1', volume: 'sda' })),
    request('stopCaches', {}),
    { type: 'loadWorkload' },
    { type: 'loadWorkload', isSecond: true },
    { type: 'loadWorkload', uri: 'file:///a/b.iolog' },
    { type: 'saveFile', format: 'md', bytes: new Uint8Array(9) },
    request('overlap', { options, position: undefined }),
    request('overlapTimeline', { options, position: undefined }),
    request('overlapWindows', { ...table, find: undefined }),
    request('overlapWindows', { ...table, find: 7 }),
    request('overlapWindow', { options, position: 0, window: 2 ** 30 }),
    request('overlapEvents', { options, from: 0, count: 100 }),
    request('overlapAdvice', { options, position: undefined }),
    { type: 'setOverlap', options },
    { type: 'setDiscardNoUnref', discardNoUnref: false },
    request('next', { target: { type: 'kind', kind: 'data' }, from: undefined, direction: 1 }),
    request('next', { target: { type: 'corruption' }, from: 7, direction: -1 }),
    request('cells', { curve: 'rows', x: 3, y: 0 }),
    request('mapped', { cluster: 5 }),
    request('ranges', {
      filter: { type: 'leak' },
      order: 'place',
      from: 0,
      count: 100,
      at: undefined,
    }),
    request('ranges', { filter: undefined, order: 'place', from: 0, count: 0, at: 12 }),
    request('locate', { place: { type: 'guest', offset: 2 ** 40 } }),
    request('locate', { place: { type: 'l2', l1Index: 3, l2Index: 17 } }),
    request('locate', { place: { type: 'selected-l2', l2Index: 17, selected: 5 } }),
    { type: 'history', back: true, forward: false },
    { type: 'saveFile', format: 'png', bytes: Uint8Array.of(1, 2) },
    request('simulate', simulation),
    request('simulateVerdict', { ...simulation, operations: [] }),
    request('simulateSteps', { ...simulation, operation: 1, from: 0, count: 200 }),
    request('simulateMarks', { ...simulation, operation: 0 }),
    request('simulateDifference', simulation),
    request('simulateOverlap', simulation),
    { type: 'setCurve', curve: 'rows' },
    { type: 'selected', cluster: 5 },
    { type: 'selected', cluster: undefined },
    { type: 'selected', cluster: undefined, guest: 6919 },
    { type: 'copy', text: '0x50000' },
    { type: 'openHex', offset: 0 },
    { type: 'openBackingFile' },
    { type: 'openAsIf' },
    { type: 'openAsIf', assumed: 'l1=0x30000,snapshots=0x50000' },
  ])('%j', (message) => {
    expect(fromWebview(message)).toEqual(message);
  });

  test('without what does not belong to them', () => {
    expect(fromWebview({ type: 'ready', extra: 1 })).toEqual({ type: 'ready' });
    expect(fromWebview(request('tile', { ...tile, extra: 1 }))).toEqual(request('tile', tile));
  });
});

describe('everything else does not', () => {
  test.each([
    undefined,
    null,
    'ready',
    [],
    {},
    { type: 'exec' },
    { type: 'toString' },
    { type: 'request' },
    { type: 'request', request: null },
    request('tile', tile, 1.5),
    request('tile', tile, '1'),
    request('tile', null),
    request('tile', { ...tile, curve: 'spiral' }),
    request('tile', { ...tile, level: 32 }),
    request('tile', { ...tile, x: -1 }),
    request('tile', { ...tile, y: Number.NaN }),
    request('strip', { view: 'host', layer: 'kinds', rows: 0 }),
    request('strip', { view: 'host', layer: 'kinds', rows: 8193 }),
    request('cluster', { cluster: 2 ** 53 }),
    request('cluster', { cluster: 1n }),
    request('findings', { from: 0, count: 1001 }),
    request('findings', { from: 0, count: 10, severity: 'toString' }),
    request('findings', { from: 0, count: 10, code: 'toString' }),
    request('tree', { path: 5, from: 0, count: 10 }),
    request('tree', { path: 'x'.repeat(201), from: 0, count: 10 }),
    request('tree', { path: '', from: -1, count: 10 }),
    request('tree', { path: '', from: 0, count: 101 }),
    request('simulate', { ...simulation, operations: 'flush' }),
    request('simulate', { ...simulation, operations: [5] }),
    request('simulate', { ...simulation, operations: ['x'.repeat(1201)] }),
    request('simulate', { ...simulation, operations: new Array(1001).fill('flush') }),
    request('simulate', { operations: [] }),
    request('simulate', { ...simulation, options: { ...simulation.options, engine: 'all' } }),
    request('simulate', { ...simulation, options: { ...simulation.options, cache: 'none' } }),
    request('simulate', { ...simulation, options: { ...simulation.options, caches: {} } }),
    request('simulate', {
      ...simulation,
      options: { ...simulation.options, discardNoUnref: 'on' },
    }),
    { type: 'setDiscardNoUnref', discardNoUnref: 1 },
    request('simulate', { ...simulation, options: { ...simulation.options, overlap: {} } }),
    request('simulateSteps', { ...simulation, operation: 0, from: 0, count: 1001 }),
    request('simulateMarks', { ...simulation, operation: -1 }),
    request('caches', lab({ kind: 'pipe', text: 'zipf' })),
    request('caches', lab({ kind: 'pattern', text: 'z'.repeat(401) })),
    request('caches', lab({ kind: 'pattern' })),
    request('caches', lab({ kind: 'file', file: 5 })),
    request('caches', lab({ kind: 'file', file: 'x'.repeat(4097) })),
    request('caches', lab({ kind: 'file', file: '/a', format: 7 })),
    request('caches', { workload: { kind: 'pattern', text: 'zipf' } }),
    { type: 'saveFile', format: 'exe', bytes: new Uint8Array(1) },
    request('constructor', {}),
    request('overlap', { options: { ...options, bitmapSize: 64 } }),
    request('overlap', { options: { ...options, bitmapSize: '1'.repeat(101) } }),
    request('overlap', { options: { ...options, types: { data: true } } }),
    request('overlap', { options: { ...options, types: { 'inactive-l2': 1 } } }),
    request('overlap', { options, position: -1 }),
    request('overlapWindows', { ...table, sort: 'toString' }),
    request('overlapWindows', { ...table, count: 1001 }),
    request('overlapWindows', { ...table, find: 0.5 }),
    request('overlapWindow', { options, window: '1' }),
    { type: 'openAsIf', assumed: 'l1=elsewhere' },
    { type: 'openAsIf', assumed: 'x'.repeat(2000) },
    request('overlapEvents', { options: undefined, from: 0, count: 1 }),
    { type: 'setOverlap', options: { ...options, types: undefined } },
    request('next', { target: { type: 'kind', kind: 'toString' }, from: 0, direction: 1 }),
    request('next', { target: { type: 'kind' }, from: 0, direction: 1 }),
    request('next', { target: { type: 'leak' }, from: 0, direction: 2 }),
    request('next', { target: { type: 'leak' }, from: -1, direction: 1 }),
    request('cells', { curve: 'rows', x: 2 ** 30, y: 0 }),
    request('cells', { curve: 'spiral', x: 0, y: 0 }),
    request('ranges', {
      filter: { type: 'corruption' },
      order: 'place',
      from: 0,
      count: 1,
      at: undefined,
    }),
    request('ranges', { filter: 5, order: 'place', from: 0, count: 1, at: undefined }),
    request('ranges', { filter: undefined, order: 'place', from: 0, count: 501, at: undefined }),
    request('ranges', { filter: undefined, order: 'place', from: 0, count: 1, at: 'x' }),
    request('locate', { place: { type: 'guest', offset: '5' } }),
    request('locate', { place: { type: 'l2', l1Index: 3 } }),
    request('locate', { place: { type: 'l3', l1Index: 3 } }),
    request('locate', {}),
    { type: 'history', back: 1, forward: false },
    { type: 'saveFile', format: 'exe', bytes: Uint8Array.of(1) },
    { type: 'saveFile', format: 'png', bytes: [1, 2] },
    { type: 'setCurve', curve: 'constructor' },
    { type: 'selected', cluster: '5' },
    { type: 'copy', text: 5 },
    { type: 'copy', text: 'x'.repeat(2 ** 20 + 1) },
    { type: 'openHex', offset: -0x10 },
    { type: 'openHex', offset: Infinity },
  ])('%o', (message) => {
    expect(fromWebview(message)).toBeUndefined();
  });
});

test('nor does a picture that no screen has', () => {
  const bytes = new Uint8Array(64 * 2 ** 20 + 1);
  expect(fromWebview({ type: 'saveFile', format: 'png', bytes }) === undefined).toBe(true);
});
