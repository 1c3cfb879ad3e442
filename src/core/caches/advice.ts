import { countText, exactSizeText, plural, shareText, sizeText } from '../numbers.js';
import { NO_LIMIT } from '../overlap/settings.js';
import type { LabCache, LabL2, LabResult } from './cacheLab.js';
import { type Curve, hitsAt, leastBytes, mostHits } from './curve.js';

/** Part of the reachable hits that is enough. */
const ENOUGH = 0.99;

export type AdvisedOption =
  | 'l2-cache-size'
  | 'l2-cache-entry-size'
  | 'refcount-cache-size'
  | 'cache-size'
  | 'overlap-structures.bitmap-size'
  | 'overlap-structures.total-size-limit';

/** A value of an option, and why. */
export interface CacheAdvice {
  readonly option: AdvisedOption;
  readonly bytes: number;
  /** `enough` is the advice; the others are what more would be good for. */
  readonly purpose: 'enough' | 'no-eviction' | 'full-coverage';
  /** Undefined where there is no limit. */
  readonly now: number | undefined;
  /** Look-ups that miss, now and then. */
  readonly missesNow: number;
  readonly misses: number;
  readonly reason: string;
}

/** What the tables of a cache are called. */
interface Words {
  readonly table: string;
  readonly full: string;
}

/** What the workload asks for, option by option. */
export function adviseCaches(result: LabResult): readonly CacheAdvice[] {
  const { l2, refcount, windows } = result;
  const l2Advice = sizes('l2-cache-size', l2, noEvictionL2(l2), {
    table: 'L2 table',
    full: 'the L2 tables of the whole disk',
  });
  const refcountAdvice = sizes('refcount-cache-size', refcount, eviction(refcount), {
    table: 'refcount block',
    full: 'the refcounts of the whole file',
  });
  const advice = [
    ...l2Advice,
    ...entrySize(l2, l2Advice[0].bytes),
    ...refcountAdvice,
    together(l2Advice[0], refcountAdvice[0], l2.marks.now, refcount),
  ];
  if (typeof windows === 'string') return advice;
  return [
    ...advice,
    ...sizes('overlap-structures.bitmap-size', windows, eviction(windows), {
      table: 'window',
      full: 'all windows of the file',
    }),
    {
      option: 'overlap-structures.total-size-limit',
      bytes: windows.peak,
      purpose: 'enough',
      now: windows.limit >= NO_LIMIT ? undefined : windows.limit,
      missesNow: windows.counts.misses,
      misses: windows.counts.misses,
      reason: `The most that the structures take with a bitmap-size of ${sizeText(windows.marks.now)}; under a smaller limit bitmaps are refused, or evicted early.`,
    },
  ];
}

/** Bytes that hold every table that is looked up. */
function eviction({ curve, tables, counts, marks }: LabCache<{ readonly slots: number }>): number {
  const entry = marks.now / counts.slots;
  return Math.max(curve.bytes[0], tables * entry);
}

/**
 * The smallest L2 cache that loses no table, in small entries or in large ones; undefined where even
 * all tables of the disk are too few, as they are while a snapshot's are copied.
 */
function noEvictionL2({ entries, marks, curve }: LabL2): number | undefined {
  const [below] = entries;
  const full = entries[entries.length - 1];
  const small = below.tables * below.bytes;
  if (small < marks.full) return Math.max(curve.bytes[0], small);
  return full.tables * full.bytes <= marks.full ? marks.full : undefined;
}

function sizes(
  option: AdvisedOption,
  { curve, marks }: LabCache<unknown>,
  noEviction: number | undefined,
  words: Words,
): readonly CacheAdvice[] {
  const { lookups } = curve;
  const at = (bytes: number): number => lookups - hitsAt(curve, bytes);
  const missesNow = at(marks.now);
  const one = (purpose: CacheAdvice['purpose'], bytes: number, reason: string): CacheAdvice => ({
    option,
    bytes,
    purpose,
    now: marks.now,
    missesNow,
    misses: at(bytes),
    reason,
  });
  const enough = leastBytes(curve, Math.ceil(ENOUGH * mostHits(curve)));
  if (lookups === 0)
    return [one('enough', marks.now, `The workload looks up no ${words.table}: any size will do.`)];
  return [
    one('enough', enough, enoughText(curve, enough, marks, words)),
    ...(noEviction === undefined
      ? []
      : [
          one(
            'no-eviction',
            noEviction,
            `Every ${words.table} that the workload looks up stays in the cache.`,
          ),
        ]),
    one('full-coverage', marks.full, `Holds ${words.full}, whatever the workload.`),
  ];
}

function enoughText(
  curve: Curve,
  enough: number,
  { now, standard }: LabCache<unknown>['marks'],
  { table }: Words,
): string {
  const misses = (bytes: number): string =>
    shareText(curve.lookups - hitsAt(curve, bytes), curve.lookups);
  const others: string[] = [];
  const half = enough / 2;
  if (half >= curve.bytes[0]) others.push(`${misses(half)} at half of it`);
  if (now !== enough) others.push(`${misses(now)} at the present ${sizeText(now)}`);
  if (standard !== now && standard !== enough)
    others.push(`${misses(standard)} at the default ${sizeText(standard)}`);
  const miss = `${misses(enough)} of ${plural(curve.lookups, 'look-up')} have to load ${table === 'L2 table' ? 'an' : 'a'} ${table}`;
  const told = others.length > 0 ? `; it would be ${others.join(', ')}` : '';
  return `The smallest size with 99 % of the hits that any size has: ${miss}${told}.`;
}

/** Whether other entries than QEMU's usual ones pay at the advised size. */
function entrySize(l2: LabL2, bytes: number): readonly CacheAdvice[] {
  const { curve, counts, entries } = l2;
  if (entries.length < 2 || curve.lookups === 0) return [];
  const hits = entries.map((entry) => ({ ...entry, found: hitsAt(entry.curve, bytes) }));
  const usual = hitsAt(curve, bytes);
  const usualMisses = curve.lookups - usual;
  const best = hits.reduce((a, b) =>
    b.curve.lookups - b.found < a.curve.lookups - a.found ? b : a,
  );
  const bestMisses = best.curve.lookups - best.found;
  const usualEntry = bytes >= l2.marks.full ? entries[1].bytes : entries[0].bytes;
  const advised = bestMisses < usualMisses ? best.bytes : usualEntry;
  const other = hits.find((entry) => entry.bytes !== usualEntry) ?? best;
  const otherMisses = other.curve.lookups - other.found;
  const missed = plural(usualMisses, 'look-up misses', 'look-ups miss');
  const texts = `${missed} with entries of ${sizeText(usualEntry)}, and ${countText(otherMisses)} with entries of ${sizeText(other.bytes)}`;
  return [
    {
      option: 'l2-cache-entry-size',
      bytes: advised,
      purpose: 'enough',
      now: counts.entryBytes,
      missesNow: counts.misses,
      misses: Math.min(bestMisses, usualMisses),
      reason: `In an L2 cache of ${exactSizeText(bytes)}, ${texts}.`,
    },
  ];
}

/** Both caches by one option, as libvirt sets it: the refcount cache gets its least. */
function together(
  l2: CacheAdvice,
  refcount: CacheAdvice,
  nowL2: number,
  { curve, marks }: LabCache<unknown>,
): CacheAdvice {
  const least = curve.bytes[0];
  return {
    option: 'cache-size',
    bytes: l2.bytes + least,
    purpose: 'enough',
    now: marks.now + nowL2,
    missesNow: l2.missesNow + refcount.missesNow,
    misses: l2.misses + curve.lookups - hitsAt(curve, least),
    reason: `QEMU gives ${sizeText(l2.bytes)} of it to L2 tables and ${sizeText(least)} to refcount blocks${
      refcount.bytes > least ? '; more for these takes refcount-cache-size' : ''
    }.`,
  };
}
