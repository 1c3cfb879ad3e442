import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { TimedCache, TimedCounts, Timeline } from '../../../src/core/caches/timeline.js';
import type { CachesDocument } from '../../../src/protocol/caches.js';
import { Icon } from '../../parts/icon.js';
import { count, plural, shareText } from '../../text/text.js';
import { CACHE_NAMES, CACHES, perHundred } from './cacheNames.js';
import { Plot, type PlotSeries } from './plot.js';

const MEASURES = {
  misses: { text: 'misses', title: 'Misses of 100 look-ups' },
  evictions: { text: 'evictions', title: 'Tables that went for another one, of 100 look-ups' },
  written: {
    text: 'write-backs',
    title: 'Tables written back, and windows turned back into fragments, of 100 look-ups',
  },
} as const;
type Measure = keyof typeof MEASURES;
const MEASURE_NAMES = ['misses', 'evictions', 'written'] as const;

const HEIGHT = 130;
/** Rows of the table: so many stretches are put together. */
const ROWS = 20;

interface Props {
  readonly first: CachesDocument;
  readonly second: CachesDocument | undefined;
  /** What the second one is. */
  readonly secondName: string;
  /** Pixels. */
  readonly width: number;
}

/** What the caches did as the workload went by. */
export function TimeChart({ first, second, secondName, width }: Props): JSX.Element {
  const measure = useSignal<Measure>('misses');
  const pointed = useSignal<number | undefined>(undefined);
  const shown = measure.value;
  const { timeline } = first;
  // Two workloads need not be as long: only the same one goes by side by side.
  const beside = second?.requests === first.requests ? second.timeline : undefined;
  const { xs, series, top } = useMemo(
    () => drawn(timeline, beside, shown),
    [timeline, beside, shown],
  );
  const at = pointed.value;
  const stretch = at === undefined ? undefined : timeline.stretches.at(Math.max(0, at - 1));
  return (
    <section class="curve-card time" aria-labelledby="over-time">
      <div class="curve-head">
        <h2 id="over-time">Over time</h2>
        <span class="dim">
          {at !== undefined && stretch !== undefined
            ? `request ${count(xs[at])}: ${CACHE_NAMES.map(
                (name) =>
                  `${CACHES[name].title} ${shareText(stretch[name][shown], stretch[name].lookups)}`,
              ).join(' · ')}`
            : `${MEASURES[shown].text} of 100 look-ups, by request`}
        </span>
        <span class="segments" role="group" aria-label="What is drawn">
          {MEASURE_NAMES.map((each) => (
            <button
              key={each}
              type="button"
              title={MEASURES[each].title}
              aria-pressed={each === shown}
              onClick={() => {
                measure.value = each;
              }}
            >
              {MEASURES[each].text}
            </button>
          ))}
        </span>
      </div>
      <Plot
        xs={xs}
        series={series}
        range={{ x: [0, xs[xs.length - 1]], top }}
        ticks={evenTicks(xs[xs.length - 1], Math.max(2, Math.floor(width / 90)))}
        tickText={count}
        width={width}
        height={HEIGHT}
        onPoint={(index) => {
          pointed.value = index;
        }}
      />
      <ul class="line-keys">
        {CACHE_NAMES.map((name) => (
          <li key={name}>
            <span class="line-key" style={{ '--line-colour': `var(${CACHES[name].colour})` }} />
            {CACHES[name].title}
          </li>
        ))}
        {beside && (
          <li>
            <span class="line-key dashed" />
            {secondName}
          </li>
        )}
      </ul>
      <TimeTable timeline={timeline} measure={shown} />
    </section>
  );
}

const rate = (counts: TimedCounts, measure: Measure): number =>
  perHundred(counts[measure], counts.lookups);

function drawn(
  timeline: Timeline,
  beside: Timeline | undefined,
  measure: Measure,
): {
  readonly xs: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly top: number;
} {
  const { every, stretches } = timeline;
  // A stretch is drawn from its first request to its last.
  const xs = [0, ...stretches.map((_, index) => (index + 1) * every)];
  const line = (of: Timeline, name: TimedCache): (number | null)[] => {
    const rates = of.stretches.map((stretch) =>
      stretch[name].lookups === 0 ? null : rate(stretch[name], measure),
    );
    return [rates.length > 0 ? rates[0] : null, ...rates].slice(0, xs.length);
  };
  const series: PlotSeries[] = [
    ...(beside
      ? CACHE_NAMES.map((name) => ({
          values: line(beside, name),
          colour: CACHES[name].colour,
          width: 1.5,
          dash: [4, 3],
          isStepped: false,
        }))
      : []),
    ...CACHE_NAMES.map((name) => ({
      values: line(timeline, name),
      colour: CACHES[name].colour,
      width: 1.5,
      isStepped: false,
    })),
  ];
  const most = series.reduce(
    (top, { values }) => values.reduce((a: number, b) => Math.max(a, b ?? 0), top),
    0,
  );
  return { xs, series, top: [1, 2, 5, 10, 20, 40, 60, 80, 100].find((top) => most <= top) ?? most };
}

/** Round numbers of requests, at most so many. */
function evenTicks(most: number, atMost: number): readonly number[] {
  const rough = Math.max(1, most / atMost);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

/** The same in numbers, some stretches at a time. */
function TimeTable({
  timeline: { every, stretches },
  measure,
}: {
  readonly timeline: Timeline;
  readonly measure: Measure;
}): JSX.Element {
  const together = Math.max(1, Math.ceil(stretches.length / ROWS));
  const rows = Array.from({ length: Math.ceil(stretches.length / together) }, (_, row) =>
    stretches.slice(row * together, (row + 1) * together),
  );
  const cell = (part: typeof stretches, name: TimedCache): string => {
    const sum = (of: keyof TimedCounts): number =>
      part.reduce((all, stretch) => all + stretch[name][of], 0);
    return sum('lookups') === 0
      ? '–'
      : `${count(sum(measure))} (${shareText(sum(measure), sum('lookups'))})`;
  };
  return (
    <details class="chart-table">
      <summary>
        <Icon name="chevron-right" />
        In numbers, {plural(together * every, 'request')} at a time
      </summary>
      <table>
        <caption class="unseen">{MEASURES[measure].title}, as the workload goes by</caption>
        <thead>
          <tr>
            <th scope="col">from request</th>
            {CACHE_NAMES.map((name) => (
              <th scope="col" key={name}>
                {CACHES[name].title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((part, row) => (
            <tr key={row}>
              <th scope="row">{count(row * together * every)}</th>
              {CACHE_NAMES.map((name) => (
                <td key={name}>{cell(part, name)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
