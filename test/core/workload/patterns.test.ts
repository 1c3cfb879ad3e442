import { describe, expect, it } from 'vitest';
import { parsePattern, type Pattern, PATTERNS } from '../../../src/core/workload/pattern.js';
import { PatternSource } from '../../../src/core/workload/patternSource.js';
import { Random } from '../../../src/core/workload/random.js';
import { KIND, RequestBatch } from '../../../src/core/workload/request.js';
import { Zipf } from '../../../src/core/workload/zipf.js';

const GIB = 2 ** 30;

function parsed(text: string): Pattern {
  const pattern = parsePattern(text);
  if (!pattern.ok) throw new Error(pattern.message);
  return pattern.value;
}

function requests(text: string, disk = GIB, atOnce = 1000): RequestBatch {
  const source = PatternSource.on(parsed(text), disk);
  if (!source.ok) throw new Error(source.message);
  const batch = new RequestBatch();
  while (source.value.fill(batch, atOnce));
  return batch;
}

const offsetsOf = (batch: RequestBatch): number[] => [...batch.offsets.subarray(0, batch.size)];

describe.each(Object.keys(PATTERNS))('pattern %s', (name) => {
  it('stays in its range, and is the same for the same seed, however it is asked', () => {
    const words = `${name}:ops=3000,block=4K,offset=64M,size=256M,reads=60,seed=9`;
    const batch = requests(words);
    expect(batch.size).toBeGreaterThanOrEqual(3000);
    for (let i = 0; i < batch.size; i++) {
      if (batch.kinds[i] === KIND.flush) continue;
      expect(batch.offsets[i] >= 64 * 2 ** 20).toBe(true);
      expect(batch.offsets[i] + batch.lengths[i] <= 320 * 2 ** 20).toBe(true);
    }
    expect(offsetsOf(requests(words, GIB, 7))).toEqual(offsetsOf(batch));
    if (name !== 'sequential' && name !== 'strided')
      expect(offsetsOf(requests(words.replace('seed=9', 'seed=8')))).not.toEqual(offsetsOf(batch));
    const reads = batch.kinds.subarray(0, batch.size).filter((kind) => kind === KIND.read).length;
    expect(reads / batch.size).toBeGreaterThan(name === 'database' ? 0.45 : 0.55);
    expect(reads / batch.size).toBeLessThan(0.65);
  });

  it('needs room', () => {
    const source = PatternSource.on(parsed(`${name}:block=4K`), 4095);
    expect(source.ok ? 'ok' : source.message).toContain('too few');
  });
});

describe('patterns', () => {
  it('go where they say', () => {
    expect(offsetsOf(requests('sequential:ops=5,block=512', 2048))).toEqual([
      0, 512, 1024, 1536, 0,
    ]);
    expect(offsetsOf(requests('strided:ops=5,block=512,stride=1536', 4096))).toEqual([
      0, 1536, 3072, 0, 1536,
    ]);
    const hot = offsetsOf(requests('hotset:ops=10000,hot=5,heat=80')).filter((at) => at < GIB / 20);
    expect(hot.length / 10000).toBeCloseTo(0.8, 1);
    const blocks = new Set(offsetsOf(requests('uniform:ops=10000')));
    expect(blocks.size).toBeGreaterThan(9700);
    expect(new Set(offsetsOf(requests('zipf:ops=10000'))).size).toBeLessThan(6000);
  });

  it('flush a log as databases do', () => {
    const { kinds, size, offsets } = requests('database:ops=5000');
    const flushes = kinds.subarray(0, size).filter((kind) => kind === KIND.flush).length;
    expect(flushes).toBeGreaterThan(100);
    for (let i = 1; i < size; i++)
      if (kinds[i] === KIND.flush) expect(offsets[i - 1]).toBeGreaterThanOrEqual((GIB * 63) / 64);
  });

  it('of a zipf are as frequent as they should be', () => {
    for (const [ranks, exponent] of [
      [10, 1],
      [1000, 0.6],
      [50, 1.4],
    ] as const) {
      const zipf = new Zipf(ranks, exponent);
      const random = new Random(5);
      const found = new Float64Array(ranks);
      const draws = 200_000;
      for (let i = 0; i < draws; i++) found[zipf.next(random)]++;
      const weights = Array.from({ length: ranks }, (_, rank) => (rank + 1) ** -exponent);
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      for (const rank of [0, 1, 2, 4, ranks - 1])
        expect(found[rank] / draws).toBeCloseTo(weights[rank] / all, 2);
    }
  });

  it.each([
    ['waves', "there is no pattern 'waves', expected one of sequential, uniform, zipf"],
    ['zipf:ops=many', "pattern zipf: Parameter 'ops' expects"],
    ['zipf:block=0', 'pattern zipf: block is 0, expected 1 to'],
    ['zipf:theta=-1', "pattern zipf: theta is '-1', expected a number up to 5"],
    ['uniform:reads=101', "pattern uniform: reads is '101', expected a number up to 100"],
    ['uniform:speed=9', "pattern uniform: there is no 'speed', expected one of ops, block"],
  ])('say what is wrong with %s', (text, message) => {
    const pattern = parsePattern(text);
    expect(pattern.ok ? 'ok' : pattern.message).toContain(message);
  });
});
