import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { OverlapHappening } from '../../../src/core/overlap/happening.js';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';
import { IconButton } from '../../parts/icon.js';

/** Playing takes this many pictures at most, one after so many milliseconds. */
const PICTURES = 150;
const INTERVAL = 100;
/** With less motion: fewer pictures, each of which stays for a while. */
const CALM = { pictures: 15, interval: 1000 };

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

/** Goes through what opening enters, operation by operation, forwards and back. */
export function Stepper({ store, built }: Props): JSX.Element {
  const { operations } = built;
  const { overlap } = store;
  const position = overlap.position.value ?? operations;
  const playing = useSignal(false);
  const seek = (to: number): void => {
    overlap.seek(to, operations);
  };
  const step = (by: number): void => {
    playing.value = false;
    seek(position + by);
  };

  const isAtEnd = position >= operations;
  const isShown = built.position === position;
  const isPlaying = playing.value;
  useEffect(() => {
    // The next picture only once this one is there.
    if (!isPlaying || !isShown) return undefined;
    if (isAtEnd) {
      playing.value = false;
      return undefined;
    }
    const { pictures, interval } = prefersCalm()
      ? CALM
      : { pictures: PICTURES, interval: INTERVAL };
    const timer = setTimeout(() => {
      seek(position + Math.max(1, Math.round(operations / pictures)));
    }, interval);
    return () => {
      clearTimeout(timer);
    };
  }, [isPlaying, isShown, position, operations]);

  return (
    <section class="stepper" aria-label="Step through the opening">
      <div class="stepper-controls">
        <span class="to-start">
          <IconButton
            icon="keyboard-tab"
            label="To the start"
            onClick={() => {
              step(-operations);
            }}
          />
        </span>
        <IconButton
          icon="chevron-left"
          label="Back one operation"
          onClick={() => {
            step(-1);
          }}
        />
        <IconButton
          icon={isPlaying ? 'debug-pause' : 'play'}
          label={isPlaying ? 'Pause' : 'Play'}
          onClick={() => {
            if (!isPlaying && isAtEnd) seek(0);
            playing.value = !isPlaying;
          }}
        />
        <IconButton
          icon="chevron-right"
          label="On one operation"
          onClick={() => {
            step(1);
          }}
        />
        <IconButton
          icon="keyboard-tab"
          label="To the end"
          onClick={() => {
            step(operations);
          }}
        />
        <input
          type="range"
          class="slider"
          min={0}
          max={operations}
          value={position}
          aria-label="Operations done"
          aria-valuetext={`${count(position)} of ${count(operations)}`}
          onInput={({ currentTarget }) => {
            playing.value = false;
            seek(Number(currentTarget.value));
          }}
        />
        <span class="stepper-position">
          {count(position)} / {count(operations)}
        </span>
      </div>
      <Happenings store={store} built={built} />
      <p class="stepper-last" title={built.last?.text}>
        {built.last ? built.last.text : 'Nothing has been entered yet.'}
      </p>
      {built.last && built.last.evicted.length > 0 && (
        <p class="stepper-last">Evicted: {windowsText(built.last.evicted)}</p>
      )}
    </section>
  );
}

const HAPPENINGS: readonly { readonly what: OverlapHappening; readonly text: string }[] = [
  { what: 'evictions', text: 'eviction' },
  { what: 'conversions', text: 'conversion' },
  { what: 'events', text: 'refusal' },
];

/** Ways to the next of what seldom happens; there are none to what never does. */
function Happenings({ store, built }: Props): JSX.Element | null {
  const { overlap, rpc, navigation } = store;
  const counted = store.overlap.answered.value;
  const happening = HAPPENINGS.filter(({ what }) => isEver(store, built, what));
  if (happening.length === 0) return null;
  const goToNext = async (what: OverlapHappening, text: string): Promise<void> => {
    if (!counted) return;
    const position = overlap.position.peek() ?? built.operations;
    const query = { options: counted.options, position, what };
    const next = await rpc.ask('overlapNext', query).catch(() => undefined);
    if (next === undefined) navigation.say(`No ${text} follows.`);
    else overlap.seek(next, built.operations);
  };
  return (
    <div class="stepper-next" role="group" aria-label="Go to the next">
      <span class="dim">Next</span>
      {happening.map(({ what, text }) => (
        <button key={what} type="button" class="link" onClick={() => void goToNext(what, text)}>
          {text}
        </button>
      ))}
    </div>
  );
}

/** Whether it happens in the whole opening. */
function isEver(store: Store, built: BuiltOverlap, what: OverlapHappening): boolean {
  if (what === 'events') return built.events > 0;
  return built.counters[what] > 0 || store.overlap.position.value !== undefined;
}

const MAX_NAMED = 6;

function windowsText(windows: readonly number[]): string {
  const named = windows.slice(0, MAX_NAMED).map((window) => `window ${count(window)}`);
  if (windows.length > MAX_NAMED) named.push(`${count(windows.length - MAX_NAMED)} more`);
  return named.join(', ');
}

const prefersCalm = (): boolean =>
  document.body.classList.contains('vscode-reduce-motion') ||
  matchMedia('(prefers-reduced-motion: reduce)').matches;
