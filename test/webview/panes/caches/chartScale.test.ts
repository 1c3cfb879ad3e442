import { DEFAULT_OVERLAP } from '../../../session/defaults.js';
import { describe, expect, it } from 'vitest';
import type { CachesDocument, ToldCache } from '../../../../src/protocol/caches.js';
import { CachesSession } from '../../../../src/session/cachesSession.js';
import { cachesJson, cachesReport } from '../../../../webview/panes/caches/cachesReport.js';
import {
  flagsOf,
  placeLabels,
  rowsOf,
  scaleOf,
  shareOf,
  sizeAt,
  ticksOf,
  topOf,
} from '../../../../webview/panes/caches/chartScale.js';
import { chartsSvg } from '../../../../webview/panes/caches/chartsSvg.js';
import { openedMappable } from '../../../core/opened.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { MACHINE } from '../../../session/machine.js';

const KIB = 1024;
const cache: ToldCache<unknown> = {
  counts: {},
  marks: { now: 64 * KIB, standard: 128 * KIB, full: 128 * KIB },
  tables: 9,
  curve: {
    bytes: [8, 16, 64].map((size) => size * KIB),
    hits: [10, 60, 90],
    lookups: 100,
    doubts: [],
  },
};

describe('an axis of sizes', () => {
  const scale = scaleOf(cache, []);

  it('has all that is to be seen, doubling by doubling', () => {
    for (const size of [8 * KIB, 64 * KIB, 128 * KIB]) {
      expect(shareOf(scale, size)).toBeGreaterThan(0);
      expect(shareOf(scale, size)).toBeLessThan(1);
      expect(sizeAt(scale, shareOf(scale, size))).toBeCloseTo(size, 5);
    }
    const step = shareOf(scale, 16 * KIB) - shareOf(scale, 8 * KIB);
    expect(shareOf(scale, 128 * KIB) - shareOf(scale, 64 * KIB)).toBeCloseTo(step, 9);
    expect(ticksOf(scale, 9)).toEqual([8, 16, 32, 64, 128].map((size) => size * KIB));
    expect(ticksOf(scale, 3)).toEqual([8, 32, 128].map((size) => size * KIB));
  });

  it('goes as far up as the worst of the curves', () => {
    expect(topOf([cache.curve])).toBe(100);
    expect(topOf([{ ...cache.curve, hits: [97, 98, 99] }])).toBe(5);
    expect(topOf([{ ...cache.curve, hits: [], lookups: 0 }])).toBe(1);
  });

  it('names each size once, and no name covers another', () => {
    const flags = flagsOf(cache, 64 * KIB);
    expect(flags.map(({ names }) => names)).toEqual([
      ['now', 'knee'],
      ['default', 'full'],
    ]);
    for (const width of [60, 150, 600]) {
      const [first, second] = placeLabels(flags, scale, width);
      const isApart =
        second.row >= first.row + first.lines.length || Math.abs(first.left - second.left) > 100;
      expect(isApart).toBe(true);
      expect(rowsOf([first, second])).toBeGreaterThan(0);
    }
    expect(placeLabels(flags, scale, 600).map(({ lines }) => lines)).toEqual([
      ['now = knee 64 KiB'],
      ['default = full 128 KiB'],
    ]);
    expect(placeLabels(flags, scale, 80)[0].lines).toEqual(['now =', 'knee 64 KiB']);
  });
});

describe('what is kept of a workload', () => {
  const session = new CachesSession(
    openedMappable(
      layOut(new ImageBuilder({ virtualSize: 2 ** 26, clusterBits: 12 }).write(0, 9000)),
    ),
    MACHINE,
    () => undefined,
  );
  function known(text: string): CachesDocument {
    for (;;) {
      const answer = session.answer({
        workload: { kind: 'pattern', text },
        caches: { cacheSize: '', l2CacheSize: '16K', l2CacheEntrySize: '', refcountCacheSize: '' },
        overlap: DEFAULT_OVERLAP,
        cache: 'writeback',
        onMap: false,
      });
      if (answer.state === 'known') return answer;
      if (answer.state !== 'computing') throw new Error(answer.message);
      session.advance(100);
    }
  }
  const first = known('uniform:ops=3000,reads=50');
  const name = 'a<b>|`.qcow2';

  it('is a report whose names cannot be markup, with the counts and the advice', () => {
    const report = cachesReport(name, first, known('sequential:ops=500'));
    expect(report).toContain('## Caches: a\\<b\\>\\|\\`.qcow2');
    expect(report).toContain(
      `| L2 tables: evictions | ${first.l2.counts.evictions.toLocaleString('en')} |`,
    );
    for (const { reason } of first.advice) expect(report.replaceAll('\\', '')).toContain(reason);
    for (const line of report.split('\n').filter((each) => each.startsWith('| L2')))
      expect(line.split(' | ')).toHaveLength(3);
  });

  it('is a document of all figures', () => {
    expect(JSON.parse(cachesJson(name, first, undefined))).toEqual({
      image: name,
      ...JSON.parse(JSON.stringify(first)),
    });
  });

  it('is a picture with a curve for each cache that was looked up', () => {
    const svg = chartsSvg(name, first);
    expect(svg).not.toContain('<b>');
    expect(svg.match(/stroke-width="2"/g)).toHaveLength(3);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(
      chartsSvg(name, known('uniform:ops=50,size=16M')).match(/stroke-width="2"/g),
    ).toHaveLength(1);
  });
});
