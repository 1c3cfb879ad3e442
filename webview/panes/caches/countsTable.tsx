import type { JSX } from 'preact';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import type { MeasuredCaches } from '../../../src/core/workload/cacheEvents.js';
import { count, shareText, size } from '../../text/text.js';
import { CACHE_NAMES, CACHES } from './cacheNames.js';
import type { TriedCache } from './cachesState.js';

/** A line of the table: what is counted, of one cache. */
export interface CountRow {
  readonly cache: TriedCache;
  readonly what: string;
  readonly value: (document: CachesDocument) => string;
  /** The same of a running QEMU, where the workload is its log. */
  readonly measured?: (caches: MeasuredCaches) => string;
}

const TABLES: readonly CountRow[] = (['l2', 'refcount'] as const).flatMap((cache) => [
  {
    cache,
    what: 'size',
    value: (document) => {
      const { slots, entryBytes } = document[cache].counts;
      return `${size(slots * entryBytes)}: ${count(slots)} × ${size(entryBytes)}`;
    },
  },
  {
    cache,
    what: 'look-ups',
    value: (document) => count(document[cache].counts.lookups),
    measured: (caches) => count(caches[cache].lookups),
  },
  {
    cache,
    what: 'misses',
    value: (document) => missText(document[cache].counts.misses, document[cache].counts.lookups),
    measured: (caches) => missText(caches[cache].misses, caches[cache].lookups),
  },
  {
    cache,
    what: 'evictions',
    value: (document) => count(document[cache].counts.evictions),
    measured: (caches) => count(caches[cache].evictions),
  },
  {
    cache,
    what: 'write-backs',
    value: (document) => count(document[cache].counts.writeBacks),
    measured: (caches) => count(caches[cache].writeBacks),
  },
]);

const ofWindows = (
  what: string,
  value: (windows: Exclude<CachesDocument['windows'], string>) => string,
): CountRow => ({
  cache: 'windows',
  what,
  value: ({ windows }) => (typeof windows === 'string' ? '–' : value(windows)),
});

/** All that is counted, cache by cache. */
export const COUNT_ROWS: readonly CountRow[] = [
  ...TABLES,
  ofWindows('size', ({ counts, marks }) => `${size(marks.now)}: ${count(counts.slots)} × 4 KiB`),
  ofWindows('look-ups', ({ counts }) => count(counts.hits + counts.misses)),
  ofWindows('misses', ({ counts: { hits, misses } }) => missText(misses, hits + misses)),
  ofWindows('evictions', ({ counts }) => count(counts.evictions)),
  ofWindows('conversions', ({ counts }) => count(counts.conversions)),
];

const missText = (misses: number, lookups: number): string =>
  `${count(misses)} (${shareText(misses, lookups)})`;

interface Props {
  readonly first: CachesDocument;
  readonly second: CachesDocument | undefined;
  readonly names: { readonly first: string; readonly second: string };
}

/** What the three caches did; of two settings or workloads, side by side. */
export function CountsTable({ first, second, names }: Props): JSX.Element {
  const { workload } = first;
  const measured = workload.kind === 'file' ? workload.measured : undefined;
  return (
    <section class="counts" aria-labelledby="counts-title">
      <h2 class="section-title" id="counts-title">
        What the caches did
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">what</span>
            </th>
            <th scope="col">{names.first}</th>
            {measured && (
              <th scope="col" title="By the events qcow2_cache_* of the log">
                QEMU’s own, measured
              </th>
            )}
            {second && <th scope="col">{names.second}</th>}
          </tr>
        </thead>
        {CACHE_NAMES.map((name) => (
          <tbody key={name} style={{ '--line-colour': `var(${CACHES[name].colour})` }}>
            <tr class="counts-cache">
              <th scope="rowgroup" colSpan={2 + (measured ? 1 : 0) + (second ? 1 : 0)}>
                <span class="line-key" />
                {CACHES[name].title}
              </th>
            </tr>
            {COUNT_ROWS.filter(({ cache }) => cache === name).map(
              ({ what, value, measured: own }) => {
                const then = second && value(second);
                const now = value(first);
                return (
                  <tr key={what}>
                    <th scope="row">{what}</th>
                    <td>{now}</td>
                    {measured && <td class="dim">{own ? own(measured) : '–'}</td>}
                    {then !== undefined && <td class={then === now ? 'dim' : 'changed'}>{then}</td>}
                  </tr>
                );
              },
            )}
          </tbody>
        ))}
      </table>
    </section>
  );
}
