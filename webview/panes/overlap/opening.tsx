import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { BuiltOverlap, OverlapTimeline } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count, size } from '../../text/text.js';
import { useOverlapAnswer } from './useOverlapAnswer.js';

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

const COUNTED = [
  { column: 'hits', text: 'hits', title: 'Uses of a window that had its bitmap' },
  { column: 'misses', text: 'misses', title: 'Uses of a window that had none' },
  { column: 'evictions', text: 'evictions', title: 'Bitmaps turned out of the cache' },
  {
    column: 'conversions',
    text: 'conversions',
    title: 'Evicted bitmaps that had changed and were written anew as fragments',
  },
] as const;

/** Height of a plot in its own units; the width is that of the operations. */
const HEIGHT = 100;

/** How the structures came to be: memory and counters over the operations of opening. */
export function Opening({ store, built }: Props): JSX.Element {
  const { options } = store.overlap.answered.value ?? {};
  const timeline = useOverlapAnswer(store, 'overlapTimeline', options && { options });
  const { counters, memory } = built;
  return (
    <section aria-label="Opening">
      <h2 class="section-title">
        Opening
        <span class="figure">{count(built.operations)} operations</span>
      </h2>
      {timeline && <Plots store={store} built={built} timeline={timeline.answer} />}
      <ul class="plot-legend">
        <li title="What the series believes it takes">
          <span class="line-swatch" data-line="accounted" />
          accounted <span class="number">{size(memory.accounted)}</span>
        </li>
        <li title="What it takes">
          <span class="line-swatch" data-line="held" />
          held <span class="number">{size(memory.held)}</span>
        </li>
        {COUNTED.map(({ column, text, title }) => (
          <li key={column} title={title}>
            <span class="line-swatch" data-line={column} />
            {text} <span class="number">{count(counters[column])}</span>
          </li>
        ))}
        {built.events > 0 && (
          <li title="Refused requests for memory">
            <span class="line-swatch" data-line="events" />
            refusals <span class="number">{count(counters.events)}</span>
          </li>
        )}
      </ul>
    </section>
  );
}

interface PlotsProps extends Props {
  readonly timeline: OverlapTimeline;
}

function Plots({ store, built, timeline }: PlotsProps): JSX.Element {
  const { operations } = built;
  const { positions } = timeline;
  const most = Math.max(...timeline.accounted, ...timeline.held, 1);
  const { limit } = built.memory;
  const isNear = limit <= 1.5 * most;
  const top = (isNear ? Math.max(most, limit) : most) * 1.04;
  const mostCounted = Math.max(...COUNTED.map(({ column }) => timeline[column].at(-1) ?? 0), 1);
  const memoryLine = (column: readonly number[]): string =>
    line(positions, column, (bytes) => bytes / top);
  // Hits are thousands where evictions are few: the logarithm shows both.
  const countedLine = (column: readonly number[]): string =>
    line(positions, column, (n) => Math.log1p(n) / Math.log1p(mostCounted) / 1.04);
  const seek = (event: PointerEvent & { readonly currentTarget: HTMLElement }): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
    store.overlap.seek(Math.round(part * operations), operations);
  };
  const position = store.overlap.position.value ?? operations;
  const pointed = useSignal<number | undefined>(undefined);
  const refused = positions.filter((_, i) => timeline.events[i] > (timeline.events[i - 1] ?? 0));
  return (
    <div
      class="plots"
      title="Click to go to an operation"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seek(event);
      }}
      onPointerMove={(event) => {
        const { left, width } = event.currentTarget.getBoundingClientRect();
        pointed.value = Math.min(1, Math.max(0, (event.clientX - left) / width));
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event);
      }}
      onPointerLeave={() => {
        pointed.value = undefined;
      }}
    >
      <Plot label="Memory" top={size(most)} operations={operations}>
        {isNear && <Line line="limit" d={`M0 ${y(limit / top)}H${Math.max(1, operations)}`} />}
        <Line line="held" d={memoryLine(timeline.held)} />
        <Line line="accounted" d={memoryLine(timeline.accounted)} />
        {refused.map((at) => (
          <Line key={at} line="events" d={`M${at} ${HEIGHT}V${HEIGHT - 12}`} />
        ))}
      </Plot>
      <Plot label="Counts, logarithmic" top={count(mostCounted)} operations={operations}>
        {COUNTED.map(({ column }) => (
          <Line key={column} line={column} d={countedLine(timeline[column])} />
        ))}
      </Plot>
      <div
        class="plot-position"
        style={{ left: `${(100 * position) / Math.max(1, operations)}%` }}
      />
      <div class="plot-scale">
        <span>0</span>
        <span>{reading(timeline, pointed.value, operations)}</span>
        <span>{count(operations)}</span>
      </div>
    </div>
  );
}

interface PlotProps {
  readonly label: string;
  /** Where the scale ends; it begins at 0. */
  readonly top: string;
  readonly operations: number;
  readonly children: ComponentChildren;
}

const Plot = ({ label, top, operations, children }: PlotProps): JSX.Element => (
  <div class="plot-frame">
    <svg
      class="plot"
      role="img"
      aria-label={`${label}, up to ${top}`}
      viewBox={`0 0 ${Math.max(1, operations)} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {children}
    </svg>
    <span class="plot-label" aria-hidden="true">
      <b>{top}</b> {label}
    </span>
  </div>
);

/** What the plots say at a part of their width, 0 … 1; without one, what that is counted in. */
function reading(timeline: OverlapTimeline, part: number | undefined, operations: number): string {
  if (part === undefined) return 'operations of the opening';
  const at = Math.round(part * operations);
  const next = timeline.positions.findIndex((position) => position > at);
  const i = (next < 0 ? timeline.positions.length : next) - 1;
  const counted = COUNTED.map(({ column, text }) => `${count(timeline[column][i])} ${text}`);
  return [`at ${count(at)}: ${size(timeline.accounted[i])}`, ...counted].join(' · ');
}

const Line = ({ line, d }: { readonly line: string; readonly d: string }): JSX.Element => (
  <path data-line={line} d={d} vector-effect="non-scaling-stroke" />
);

const y = (part: number): number => Math.round(10 * HEIGHT * (1 - part)) / 10;

/** Steps from sample to sample. @param part of the height, 0 … 1 */
function line(
  positions: readonly number[],
  values: readonly number[],
  part: (value: number) => number,
): string {
  return positions
    .map((position, i) => `${i === 0 ? 'M' : 'L'}${position} ${y(part(values[i]))}`)
    .join('');
}
