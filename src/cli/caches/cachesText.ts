import type { CacheAdvice } from '../../core/caches/advice.js';
import type { SimulatedSize } from '../../core/caches/aroundKnee.js';
import type { LabCache, LabResult } from '../../core/caches/cacheLab.js';
import { hitsAt } from '../../core/caches/curve.js';
import type { OtherLayouts } from '../../core/caches/otherLayouts.js';
import { optionTexts } from '../../core/caches/optionText.js';
import { rulesOfThumb } from '../../core/caches/rulesOfThumb.js';
import { countText, exactSizeText, plural, shareText, sizeText } from '../../core/numbers.js';
import { NO_LIMIT } from '../../core/overlap/settings.js';
import { formatSize } from '../../core/size.js';
import {
  formatText,
  patternText,
  type WorkloadReport,
} from '../../core/workload/workloadReport.js';
import { type Printable, t } from '../frame/printable.js';
import { type CachesOfImage, usualEntryOf } from './cachesJson.js';

/** Rows of a curve that a person reads. `--json` has all of it. */
const MAX_ROWS = 12;
const SHOWN_VOLUMES = 8;

/** What a workload does, and what it needs, for people. */
export function* cachesText(of: CachesOfImage): Generator<Printable> {
  const { subject, image, workload, result, advice } = of;
  yield t`${subject.filename}: ${workloadText(workload, result)}\n`;
  yield* workloadNotes(workload, result);
  yield* countsText(result);
  yield* measuredText(workload);
  const simulated = (cache: SimulatedSize['cache']): readonly SimulatedSize[] =>
    of.simulated.filter((one) => one.cache === cache);
  yield* curveText('L2 tables', result.l2, simulated('l2'));
  yield* curveText('refcount blocks', result.refcount, simulated('refcount'));
  if (typeof result.windows !== 'string')
    yield* curveText('overlap windows', result.windows, simulated('windows'));
  yield t`\nadvice\n`;
  for (const one of advice) yield adviceText(one);
  const { blockdev, drive, libvirt } = optionTexts(advice, usualEntryOf(image));
  yield t`\nas options\n  -blockdev  ${blockdev}\n  -drive     ${drive}\n  libvirt    ${libvirt}\n`;
  if (of.layouts) yield* layoutsText(of.layouts);
  yield t`\nQEMU's rules of thumb\n`;
  for (const { option, bytes, rule } of rulesOfThumb(image))
    yield t`  ${option} ${sizeText(bytes)}: ${rule}\n`;
}

const LAYOUT_WIDTHS = [26, 14, 14, 16, 16] as const;

/** The same disk laid out otherwise. */
function* layoutsText({ layouts, widths }: OtherLayouts): Generator<Printable> {
  const line = (cells: readonly string[]): Printable =>
    t`  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(LAYOUT_WIDTHS[0]) : cell.padStart(LAYOUT_WIDTHS[index]))).join('')}\n`;
  yield t`\nanother layout, computed: as if all of the disk were allocated, with the L2 cache as it is now\n`;
  yield line(['clusters', 'misses', '99 % with', 'all L2 tables', 'all refcounts']);
  for (const { clusterSize, extendedL2, isPresent, ...need } of layouts) {
    const { misses, lookups, enough, full, refcounts } = need;
    yield line([
      `${sizeText(clusterSize)}${extendedL2 ? ', extended L2' : ''}${isPresent ? ' (now)' : ''}`,
      shareText(misses, lookups),
      ...[enough, full, refcounts].map(sizeText),
    ]);
  }
  const ofWidths = widths.map(
    ({ refcountBits, isPresent, refcounts }) =>
      `${plural(refcountBits, 'bit')}${isPresent ? ' (now)' : ''} ${sizeText(refcounts)}`,
  );
  yield t`  all refcounts by their width: ${ofWidths.join(', ')}\n`;
}

function workloadText(workload: WorkloadReport, { requests }: LabResult): string {
  const count = plural(requests, 'request');
  if (workload.kind === 'pattern') return `${count}, ${patternText(workload.pattern)}`;
  const { format, isGuessed, file } = workload;
  return `${count} of '${file}', read as ${formatText(format)}${isGuessed ? '' : ', as you say'}`;
}

function* workloadNotes(workload: WorkloadReport, result: LabResult): Generator<Printable> {
  if (workload.kind === 'file') {
    const { badLines, firstBad, volumes, volume } = workload;
    if (badLines > 0) {
      const more = badLines > firstBad.length ? ', …' : '';
      yield t`  ${plural(badLines, 'bad line')}: number ${firstBad.join(', ')}${more}\n`;
    }
    if (volumes.length > 1) {
      const names = volumes
        .slice(0, SHOWN_VOLUMES)
        .map(({ name, requests }) => `${name} (${countText(requests)})`);
      const more = volumes.length > SHOWN_VOLUMES ? ', …' : '';
      const taken = volume === undefined ? 'all taken as one disk' : `only ${volume} is taken`;
      yield t`  several disks, ${taken}: ${names.join(', ')}${more}\n`;
    }
  }
  if (result.failed > 0)
    yield t`  ${plural(result.failed, 'request')} failed, such as past the end of the disk\n`;
  for (const doubt of result.doubts) yield t`  perhaps otherwise: ${doubt}\n`;
}

const WIDTHS = [16, 12, 12, 12, 10, 10, 8, 10] as const;

const row = (cells: readonly string[]): Printable =>
  t`${cells.map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index]))).join('')}\n`;

function* countsText({ l2, refcount, windows }: LabResult): Generator<Printable> {
  yield t`\n`;
  yield row(['cache', 'look-ups', 'hits', 'misses', 'evicted', 'written', 'slots', 'of']);
  for (const [name, { counts }] of [
    ['L2 tables', l2],
    ['refcount blocks', refcount],
  ] as const) {
    const { lookups, hits, misses, evictions, writeBacks, slots, entryBytes } = counts;
    const numbers = [lookups, hits, misses, evictions, writeBacks, slots].map(countText);
    yield row([name, ...numbers, sizeText(entryBytes)]);
  }
  if (typeof windows === 'string') yield t`overlap windows: ${windows}\n`;
  else {
    const { checks, hits, misses, evictions, conversions, slots } = windows.counts;
    const numbers = [hits + misses, hits, misses, evictions, conversions, slots].map(countText);
    yield row(['overlap windows', ...numbers, '4 KiB']);
    yield t`${''.padEnd(WIDTHS[0])}${plural(checks, 'write')} checked; written: turned back into fragments\n`;
  }
}

/** What the trace of a running QEMU says of the same. */
function* measuredText(workload: WorkloadReport): Generator<Printable> {
  if (workload.kind !== 'file' || !workload.measured) return;
  yield t`\nmeasured: QEMU's own caches, by the events qcow2_cache_* of the log\n`;
  for (const [name, cache] of [
    ['L2 tables', workload.measured.l2],
    ['refcount blocks', workload.measured.refcount],
  ] as const) {
    const { lookups, hits, misses, evictions, writeBacks, slots } = cache;
    yield row([name, ...[lookups, hits, misses, evictions, writeBacks, slots].map(countText)]);
  }
}

function* curveText(
  name: string,
  cache: LabCache<unknown>,
  simulated: readonly SimulatedSize[],
): Generator<Printable> {
  const { curve, marks } = cache;
  const { lookups } = curve;
  if (lookups === 0) return;
  yield t`\n${name}: misses by size\n`;
  for (const bytes of shownSizes(cache)) {
    const misses = lookups - hitsAt(curve, bytes);
    const notes = [
      ...(bytes === marks.now ? ['now'] : []),
      ...(bytes === marks.standard ? ['default'] : []),
      ...(bytes === marks.full ? ['full coverage'] : []),
    ];
    yield t`  ${sizeText(bytes).padStart(12)}  ${countText(misses).padStart(12)}  ${shareText(misses, lookups).padStart(8)}  ${notes.join(', ')}\n`;
  }
  for (const doubt of curve.doubts) yield t`  not exact: ${doubt}\n`;
  for (const { bytes, hits, misses } of simulated)
    yield t`  ${sizeText(bytes).padStart(12)}  ${countText(misses).padStart(12)}  ${shareText(misses, hits + misses).padStart(8)}  simulated at this size\n`;
}

/** Powers of two from the least size to where nothing changes, and the marks. */
function shownSizes({ curve, marks }: LabCache<unknown>): readonly number[] {
  const least = curve.bytes[0];
  const most = Math.max(curve.bytes[curve.bytes.length - 1], marks.now);
  const sizes = new Set([marks.now, marks.standard, marks.full]);
  const doublings = Math.max(1, Math.ceil(Math.log2(most / Math.max(1, least))));
  const step = Math.max(1, Math.ceil(doublings / MAX_ROWS));
  for (let power = 0; power <= doublings; power += step) sizes.add(Math.max(1, least) * 2 ** power);
  return [...sizes].filter((bytes) => bytes > 0).sort((a, b) => a - b);
}

function adviceText({ option, bytes, now, purpose, reason }: CacheAdvice): Printable {
  const isNow = bytes === now;
  const from = now === undefined || isNow ? '' : ` (now ${sizeText(now)})`;
  if (purpose !== 'enough')
    return t`    ${purpose === 'no-eviction' ? 'no eviction' : 'full coverage'} at ${exactSizeText(bytes)}: ${reason}\n`;
  return t`  ${option} ${formatSize(Math.min(bytes, NO_LIMIT))}${isNow ? ', as now' : ''}${from}: ${reason}\n`;
}
