import { DEFAULT_CACHES, DEFAULT_OVERLAP } from './defaults.js';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CacheHeat } from '../../src/core/caches/heat.js';
import { hitsAt } from '../../src/core/caches/curve.js';
import { isRecord } from '../../src/core/record.js';
import { WorkloadFile } from '../../src/node/workloadFile.js';
import type { CachesAnswer, CachesDocument } from '../../src/protocol/caches.js';
import type { CachesQuery, Workload } from '../../src/protocol/questions.js';
import { CachesSession } from '../../src/session/cachesSession.js';
import type { Machine } from '../../src/session/machine.js';
import { folderOfTests, runCli } from '../cli/runCli.js';
import { openedMappable } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { MACHINE } from './machine.js';

const MIB = 2 ** 20;
const folder = folderOfTests();
const path = join(folder, 'image.qcow2');
/** 4 GiB in clusters of 4 KiB: 2,048 L2 tables, of which some are there; a snapshot makes writes allocate. */
const file = layOut(
  new ImageBuilder({ virtualSize: 2 ** 32, clusterBits: 12 })
    .write(0, 60_000)
    .snapshot({ name: 'one' }),
);
writeSparse(path, file);

const query = (workload: Workload, caches: Partial<CachesQuery['caches']> = {}): CachesQuery => ({
  workload,
  caches: { ...DEFAULT_CACHES, ...caches },
  overlap: DEFAULT_OVERLAP,
  cache: 'writeback',
  onMap: false,
});
const pattern = (text: string): Workload => ({ kind: 'pattern', text });

function opened(
  machine: Partial<Machine> = {},
  onHeat: (heat: CacheHeat) => void = () => undefined,
) {
  return new CachesSession(openedMappable(file), { ...MACHINE, ...machine }, onHeat);
}

/** Asks until the answer is the last. */
function finished(session: CachesSession, asked: CachesQuery): CachesAnswer {
  for (;;) {
    const answer = session.answer(asked);
    if (answer.state !== 'computing') return answer;
    session.advance(0);
  }
}

function known(session: CachesSession, asked: CachesQuery): CachesDocument {
  const answer = finished(session, asked);
  if (answer.state !== 'known') throw new Error(JSON.stringify(answer));
  return answer;
}

/** What the command line tells of the same. */
function told(...words: string[]): Record<string, unknown> {
  const { code, stdout, stderr } = runCli(['caches', path, '--json', ...words]);
  expect([code, stderr]).toEqual([0, '']);
  const document: unknown = JSON.parse(stdout);
  if (!isRecord(document)) throw new Error(stdout);
  return document;
}

describe('the cache lab of an open image', () => {
  const text = 'mixed:ops=10000,block=4K,reads=60,size=600M,seed=9';
  const measured = known(opened(), query(pattern(text), { l2CacheSize: '64K' }));

  it('says what the command line says, in curves of few points', () => {
    const answer = measured;
    const document = told('--workload', text, '--l2-cache-size', '64K');
    const { l2, refcount, windows } = answer;
    if (typeof windows === 'string') throw new Error(windows);
    expect(document.l2).toMatchObject(l2.counts);
    expect(document.refcount).toMatchObject(refcount.counts);
    expect(document.windows).toMatchObject(windows.counts);
    expect(document.advice).toEqual(JSON.parse(JSON.stringify(answer.advice)));
    expect(document.rulesOfThumb).toEqual(answer.rulesOfThumb);
    expect(document.computed).toEqual(answer.layouts);
    for (const [name, cache] of Object.entries({ l2, refcount, windows })) {
      const { marks, curve, tables } = cache;
      expect(document[name]).toMatchObject({
        tables,
        bytes: marks.now,
        defaultBytes: marks.standard,
        fullCoverageBytes: marks.full,
      });
      const whole = isRecord(document.curves) ? document.curves[name] : undefined;
      if (!Array.isArray(whole)) throw new Error(name);
      expect(curve.bytes.length).toBeLessThanOrEqual(400);
      const points = new Set(whole.map((point) => JSON.stringify(point)));
      for (const [index, bytes] of curve.bytes.entries())
        expect(points).toContain(JSON.stringify({ bytes, hits: curve.hits[index] }));
    }
    for (const { option, bytes, misses } of answer.advice)
      if (option === 'l2-cache-size')
        expect(l2.curve.lookups - hitsAt(l2.curve, bytes)).toBe(misses);
  });

  it('tells of the workload stretch by stretch, which adds up to the whole', () => {
    const { timeline, l2, refcount, windows } = measured;
    if (typeof windows === 'string') throw new Error(windows);
    const sum = (of: (stretch: (typeof timeline.stretches)[number]) => number): number =>
      timeline.stretches.reduce((all, stretch) => all + of(stretch), 0);
    expect(timeline.stretches.length).toBe(Math.ceil(10_000 / timeline.every));
    expect(timeline.stretches.length).toBeGreaterThan(100);
    expect(sum((each) => each.l2.lookups)).toBe(l2.counts.lookups);
    expect(sum((each) => each.l2.written)).toBe(l2.counts.writeBacks);
    expect(sum((each) => each.refcount.misses)).toBe(refcount.counts.misses);
    expect(sum((each) => each.windows.misses)).toBe(windows.counts.misses);
    expect(sum((each) => each.windows.evictions)).toBe(windows.counts.evictions);
    expect(l2.counts.writeBacks).toBeGreaterThan(0);
  });

  it('simulates the sizes around the knee where a curve is not exact, and says what they do', () => {
    const text = 'uniform:ops=300,block=4K,reads=20,seed=3';
    const limited = { ...DEFAULT_OVERLAP, totalSizeLimit: '40000', bitmapSize: '64K' };
    const asked = (bitmapSize: string): CachesQuery => ({
      ...query(pattern(text)),
      overlap: { ...limited, bitmapSize },
    });
    const { simulated, windows } = known(opened(), asked('64K'));
    if (typeof windows === 'string') throw new Error(windows);
    expect(windows.curve.doubts).toHaveLength(1);
    expect(simulated.length).toBeGreaterThan(1);
    for (const { cache, bytes, hits, misses, evictions } of simulated) {
      expect(cache).toBe('windows');
      const itself = known(opened(), asked(String(bytes))).windows;
      expect(itself).toMatchObject({ counts: { hits, misses, evictions } });
    }
    expect(measured.simulated).toEqual([]);
    const words = ['--bitmap-size', '64K', '--total-size-limit', '40000'];
    expect(told('--workload', text, ...words).simulated).toEqual(simulated);
  });

  it('runs one lab after the other, keeps what came of them, and stops when it is told', () => {
    const session = opened();
    const [first, second] = [1, 2].map((seed) => query(pattern(`zipf:ops=9000,seed=${seed}`)));
    expect(session.answer(first)).toMatchObject({ state: 'computing', requests: 0 });
    expect(session.answer(second)).toMatchObject({ state: 'computing' });
    while (session.answer(first).state === 'computing') session.advance(0);
    expect(session.answer(second)).toMatchObject({ state: 'computing', requests: 0 });
    session.stop();
    expect(session.advance(0)).toBe(false);
    expect(session.answer(first)).toMatchObject({ state: 'known', requests: 9000 });
    expect(known(session, second).requests).toBe(9000);
    expect(session.answer(first).state).toBe('known');
  });

  it('is computed in steps that tell how far they are', () => {
    const session = opened();
    const asked = query(pattern('uniform:ops=9000,reads=50'));
    const parts: number[] = [];
    for (;;) {
      const answer = session.answer(asked);
      if (answer.state !== 'computing') break;
      parts.push(answer.done);
      session.advance(0);
    }
    expect(parts.length).toBeGreaterThan(5);
    expect(parts).toEqual([...parts].sort((a, b) => a - b));
    expect(parts.at(-1)).toBeGreaterThan(0.99);
  });

  it('refuses what makes no sense in words', () => {
    const session = opened();
    const refusal = (asked: CachesQuery): unknown => finished(session, asked);
    const saying = (words: string): unknown => expect.stringContaining(words);
    const refused = (words: string) => ({ state: 'refused', message: saying(words) });
    expect(refusal(query(pattern('zipf:ops=x')))).toEqual(refused('ops'));
    expect(refusal(query(pattern('zipf:offset=9T')))).toEqual(refused('too few'));
    expect(refusal(query(pattern('zipf'), { l2CacheSize: '1Q' }))).toEqual(
      refused('l2-cache-size'),
    );
    expect(refusal(query(pattern('zipf'), { l2CacheEntrySize: '3' }))).toEqual(
      refused('L2 cache entry size'),
    );
    expect(
      refusal(query({ kind: 'file', file: 'a', format: undefined, volume: undefined })),
    ).toEqual(refused('no files'));
  });

  it('counts the bad lines of a file, and reads it as it is told', () => {
    const log = join(folder, 'log.csv');
    const lines = Array.from({ length: 5000 }, (_, i) =>
      i === 3500 || i === 4977
        ? 'what?'
        : `3,R,${((i * 7919) % 50_000) * 4096},4096,${1_577_808_000_000_000 + i}`,
    );
    writeFileSync(log, lines.join('\n'));
    const session = opened({ openWorkloadFile: (name) => WorkloadFile.ofDisk(name) });
    const ask = (format: string | undefined) =>
      known(session, query({ kind: 'file', file: log, format, volume: undefined }));
    const guessed = ask(undefined);
    expect(guessed.workload).toMatchObject({
      ...{ kind: 'file', file: 'log.csv', isGuessed: true, lines: 5000 },
      ...{ badLines: 2, firstBad: [3501, 4978], format: { name: 'csv' } },
    });
    expect(guessed.requests).toBe(4998);
    expect(told('--workload', log).l2).toMatchObject(guessed.l2.counts);
    const otherwise = ask('csv:offset=1,length=4,op=2,volume=1');
    expect(otherwise.workload).toMatchObject({ isGuessed: false });
    expect(otherwise.l2.counts.misses).toBeLessThan(guessed.l2.counts.misses);
    expect(
      finished(session, query({ kind: 'file', file: folder, format: 'fio', volume: undefined })),
    ).toEqual({ state: 'failed', message: `'${folder}' is no regular file` });
  });

  it('gives its look-ups to the map when that is wanted', () => {
    const heats: CacheHeat[] = [];
    const session = opened({}, (heat) => heats.push(heat));
    const asked = query(pattern('hotset:ops=5000,size=128M,reads=50'));
    const { l2, refcount, windows } = known(session, asked);
    expect(heats).toEqual([]);
    session.answer({ ...asked, onMap: true });
    expect(heats).toHaveLength(1);
    const [{ guest, tables, windows: ofWindows, spanClusters }] = heats;
    const sum = (column: Float64Array): number => column.reduce((all, each) => all + each, 0);
    expect(spanClusters * 4096).toBe(2 * MIB);
    expect(sum(guest.uses)).toBeLessThanOrEqual(l2.counts.lookups);
    expect(sum(tables.uses)).toBe(l2.counts.lookups + refcount.counts.lookups);
    if (typeof windows === 'string') throw new Error(windows);
    expect(sum(ofWindows.uses)).toBe(windows.counts.hits + windows.counts.misses);
    expect(guest.numbers.length).toBeGreaterThan(50);
  });
});
