import type { JSX } from 'preact';
import type { BuiltOverlap, SlotFilm as Film } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count, plural } from '../../text/text.js';
import { useOverlapAnswer } from './useOverlapAnswer.js';

/** Operations in the picture; it goes on by half of them, so that a step is seldom a question. */
const FRAMES = 128;
const HALF = FRAMES / 2;
/** Rows are so high, in CSS pixels, unless there are many. */
const ROW = { most: 12, least: 4, all: 168 };
/** Degrees from a window's hue to that of the next: neighbours differ, and few ever agree. */
const HUE_STEP = 137.5;
/** Windows that are named. */
const MAX_NAMED = 3;

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

/** The cache as a film: a column an operation, a row a slot, a colour a window. */
export function SlotFilm({ store, built }: Props): JSX.Element | null {
  const { operations } = built;
  const { options } = store.overlap.answered.value ?? {};
  const position = store.overlap.position.value ?? operations;
  const page = Math.floor(Math.max(0, position - 1) / HALF);
  const from = Math.max(0, Math.min(page * HALF - HALF / 2, operations - FRAMES));
  const reply = useOverlapAnswer(store, 'overlapFilm', options && { options, from, count: FRAMES });
  if (!reply || reply.answer.slots.length === 0) return null;
  const film = reply.answer;
  const seek = (to: number): void => {
    store.overlap.seek(Math.min(Math.max(to, 0), operations), operations);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = afterKey(event.key, position, operations);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    seek(to);
  };
  const { slots, frames } = film;
  const row = Math.min(ROW.most, Math.max(ROW.least, Math.floor(ROW.all / slots.length)));
  const rowOf = new Map(slots.map(({ slot }, index) => [slot, index]));
  const selected = store.overlap.selectedWindow.value;
  const at = position - film.from;
  return (
    <section class="film" aria-label="Slots by operation">
      <div
        class="film-picture"
        role="slider"
        tabIndex={0}
        aria-label={`Cache slots after operations ${count(film.from + 1)} to ${count(film.from + frames)}`}
        aria-valuemin={0}
        aria-valuemax={operations}
        aria-valuenow={position}
        aria-valuetext={positionText(built, position)}
        title="A column is an operation, a row a slot, a colour a window. Click to go to an operation."
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          const part = Math.min(0.9999, Math.max(0, (event.clientX - left) / width));
          seek(film.from + Math.floor(part * frames) + 1);
        }}
      >
        <svg
          viewBox={`0 0 ${frames} ${slots.length}`}
          preserveAspectRatio="none"
          style={{ height: `${row * slots.length}px` }}
          aria-hidden="true"
        >
          {slots.map(({ slot, runs }, index) => (
            <SlotRow key={slot} runs={runs} row={index} selected={selected} />
          ))}
          {film.evictions.map(({ operation, slot }) => (
            <path
              key={`${operation}-${slot}`}
              class="film-eviction"
              d={`M${operation - film.from - 1} ${rowOf.get(slot) ?? 0}v1`}
              vector-effect="non-scaling-stroke"
            />
          ))}
        </svg>
        {at > 0 && at <= frames && (
          <div
            class="film-position"
            style={{ left: `${(100 * (at - 1)) / frames}%`, width: `${100 / frames}%` }}
          />
        )}
      </div>
      <p class="film-scale">
        <span>{count(film.from + 1)}</span>
        <span role="status">{filmText(film)}</span>
        <span>{count(film.from + frames)}</span>
      </p>
    </section>
  );
}

interface RowProps {
  readonly runs: Film['slots'][number]['runs'];
  readonly row: number;
  readonly selected: number | undefined;
}

function SlotRow({ runs, row, selected }: RowProps): JSX.Element {
  let x = 0;
  return (
    <g>
      {runs.map(({ window, frames }) => {
        const start = x;
        x += frames;
        return window === undefined ? undefined : (
          <rect
            key={start}
            class={window === selected ? 'selected' : undefined}
            data-window={window}
            x={start}
            y={row + 0.06}
            width={frames}
            height={0.88}
            fill={`hsl(${(window * HUE_STEP) % 360} 60% ${45 + (window % 3) * 10}%)`}
          />
        );
      })}
    </g>
  );
}

/** The position that a key leads to (WAI-ARIA's slider). */
function afterKey(key: string, position: number, operations: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return position + 1;
    case 'ArrowLeft':
    case 'ArrowDown':
      return position - 1;
    case 'PageUp':
      return position + HALF;
    case 'PageDown':
      return position - HALF;
    case 'Home':
      return 0;
    case 'End':
      return operations;
    default:
      return undefined;
  }
}

function positionText({ operations, last }: BuiltOverlap, position: number): string {
  const parts = [`${count(position)} of ${count(operations)}`];
  if (last) parts.push(last.text);
  if (last && last.evicted.length > 0)
    parts.push(`evicted: ${plural(last.evicted.length, 'window')}`);
  return parts.join(', ');
}

/** What the picture shows, in words: how often windows had to go, and which go again and again. */
export function filmText({ evictions, evictionCount, frames, slots, slotCount }: Film): string {
  const rows =
    slots.length < slotCount
      ? `${count(slots.length)} of ${plural(slotCount, 'slot')}`
      : plural(slotCount, 'slot');
  if (evictionCount === 0) return `${rows}, no eviction in ${plural(frames, 'operation')}`;
  const times = new Map<number, number>();
  for (const { window } of evictions) times.set(window, (times.get(window) ?? 0) + 1);
  const again = [...times].filter(([, n]) => n > 1).sort(([, a], [, b]) => b - a);
  const named = again
    .slice(0, MAX_NAMED)
    .map(([window, n]) => `window ${count(window)} ${count(n)} times`);
  const thrashing = named.length === 0 ? '' : `, ${named.join(', ')}`;
  return `${rows}, ${plural(evictionCount, 'eviction')} in ${plural(frames, 'operation')}${thrashing}`;
}
