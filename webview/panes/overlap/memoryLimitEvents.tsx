import type { JSX } from 'preact';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import type { LoggedEvent } from '../../../src/core/overlap/eventLog.js';
import type { Store } from '../../state/store.js';
import { count, size } from '../../text/text.js';
import { useOverlapAnswer } from './useOverlapAnswer.js';
import { useVisibleRows } from '../../parts/useVisibleRows.js';
import { hex } from '../../../src/core/bytes.js';

/** CSS pixels of a line, as in overlap.css. */
const LINE = 22;

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

/** Every refusal of memory during the whole opening, with the range that may be unprotected since. */
export function MemoryLimitEvents({ store, built }: Props): JSX.Element | null {
  const visible = useVisibleRows(built.events, LINE);
  const { options } = store.overlap.answered.value ?? {};
  const page = useOverlapAnswer(
    store,
    'overlapEvents',
    options && built.events > 0
      ? { options, from: visible.first, count: visible.last - visible.first }
      : undefined,
  );
  if (built.events === 0) return null;
  const lines = Array.from({ length: visible.last - visible.first }, (_, i) => visible.first + i);
  return (
    <section aria-label="Memory limit reached">
      <h2 class="section-title">
        Memory limit reached
        <span class="figure">{count(built.events)} times</span>
      </h2>
      <div
        ref={visible.scroller}
        class="event-lines row-list"
        role="list"
        aria-label="Memory-limit events"
        tabIndex={0}
        style={{ height: `${Math.min(visible.rows, 6) * LINE}px` }}
        onScroll={() => {
          visible.measure();
        }}
      >
        <div class="row-space" role="presentation" style={{ height: `${visible.rows * LINE}px` }}>
          {lines.map((line) => {
            const event = page?.answer.events[line - page.query.from];
            return (
              <div
                key={line}
                class="event-line"
                role="listitem"
                style={{ top: `${line * LINE}px` }}
              >
                {event && <EventLine store={store} built={built} event={event} />}
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}

function EventLine({ store, built, event }: Props & { readonly event: LoggedEvent }): JSX.Element {
  const { operation, during, refused, start, length } = event;
  return (
    <>
      <button
        type="button"
        class="link number"
        title="Show the structures after this operation"
        onClick={() => {
          store.overlap.seek(operation + 1, built.operations);
        }}
      >
        {count(operation + 1)}
      </button>
      <button
        type="button"
        class="event-range"
        title={`${during} was refused ${refused === 'bitmap' ? 'a bitmap' : 'more windows'}; the range may be unprotected`}
        onClick={() => {
          store.overlap.selectedWindow.value = Math.floor(start / built.windowBytes);
        }}
      >
        <span>{during}</span> <span class="mono">{hex(start)}</span>{' '}
        <span class="dim">{size(length)}</span>
      </button>
    </>
  );
}
