import { batch, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { TOUCHES } from '../../../src/core/simulate/verdict/marks.js';
import type { Step } from '../../../src/core/simulate/copy/outcome.js';
import { stepLine, type StepLine } from './simulationText.js';
import type { Store } from '../../state/store.js';
import { TOUCH_SIGN } from '../../text/touchText.js';
import { count } from '../../text/text.js';
import { Icon, type IconName } from '../../parts/icon.js';
import { OffsetLink } from '../../parts/offsetLink.js';
import { clean } from '../../../src/core/text.js';
import { hostOffset } from '../../../src/core/units.js';

/** CSS pixels of a line, as in simulate.css. */
const LINE = 22;
/** Lines asked for at a time. */
const PAGE = 200;
/** Lines in sight without scrolling. */
const IN_SIGHT = 16;
const AROUND = 8;

type Pages = ReadonlyMap<number, readonly Step[]>;

/** What QEMU does in the operation that is shown, in program order; only what is in sight is built. */
export function StepList({ store }: { readonly store: Store }): JSX.Element | null {
  const { simulation } = store;
  const pages = useSignal<Pages>(new Map());
  const total = useSignal(0);
  const top = useSignal(0);
  const shown = simulation.chosenOperation.value;
  const outcome = shown === undefined ? undefined : simulation.outcomes.value.at(shown);

  useSignalEffect(() => {
    const query = simulation.done.value;
    const operation = simulation.chosenOperation.value;
    let current = true;
    if (query && operation !== undefined)
      void simulation.steps(0, PAGE).then(
        (page) => {
          if (!current) return;
          batch(() => {
            total.value = page.total;
            pages.value = new Map([[0, page.steps]]);
          });
        },
        () => {
          // The worker is gone; what it says next comes with a new scan.
          current = false;
        },
      );
    return () => {
      current = false;
    };
  });

  const first = Math.max(0, Math.floor(top.value / LINE) - AROUND);
  const last = Math.min(total.value, Math.floor(top.value / LINE) + IN_SIGHT + AROUND);
  const fetchPages = (): void => {
    for (let page = Math.floor(first / PAGE); page < Math.ceil(last / PAGE); page++) {
      if (pages.value.has(page)) continue;
      pages.value = new Map(pages.value).set(page, []);
      const asked = simulation.chosenOperation.value;
      void simulation.steps(page * PAGE, PAGE).then(
        ({ steps }) => {
          if (simulation.chosenOperation.value === asked)
            pages.value = new Map(pages.value).set(page, steps);
        },
        () => undefined,
      );
    }
  };
  if (shown === undefined || !outcome) return null;
  return (
    <section aria-labelledby="steps-title">
      <div class="section-head">
        <h2 class="section-title" id="steps-title">
          Steps <span class="badge">{count(outcome.tally.steps)}</span>
        </h2>
      </div>
      {total.value === 0 && <p class="dim">None: nothing reaches the file or the caches.</p>}
      <div
        class="step-list"
        role="list"
        aria-label={`Steps of operation ${shown + 1}`}
        tabIndex={0}
        style={{ height: `${Math.min(total.value, IN_SIGHT) * LINE}px` }}
        onScroll={({ currentTarget }) => {
          top.value = currentTarget.scrollTop;
          fetchPages();
        }}
      >
        <div class="step-space" style={{ height: `${total.value * LINE}px` }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) => {
            const step = pages.value.get(Math.floor(index / PAGE))?.[index % PAGE];
            return step && <Line key={index} index={index} step={step} store={store} />;
          })}
        </div>
      </div>
      <MarkLegend store={store} />
      {outcome.tally.leftOut > 0 && (
        <p class="dim">{count(outcome.tally.leftOut)} more steps were not kept.</p>
      )}
    </section>
  );
}

/** What the signs on the map mean, of those that are there. */
function MarkLegend({ store }: { readonly store: Store }): JSX.Element | null {
  const marks = store.simulation.marks.value;
  if (!marks || marks.marks.length === 0) return null;
  const touches = TOUCHES.filter((touch) => marks.marks.some((mark) => mark.touch === touch));
  return (
    <p class="mark-legend">
      On the map:
      {touches.map((touch) => (
        <span key={touch}>
          <span class="mono">{TOUCH_SIGN[touch]}n</span> {touch}
        </span>
      ))}
      {marks.leftOut > 0 && <span>{count(marks.leftOut)} places left out</span>}
    </p>
  );
}

const ICONS: Readonly<Record<StepLine['look'], IconName | undefined>> = {
  plain: undefined,
  dim: undefined,
  miss: undefined,
  stopped: 'shield',
  loss: 'layers',
  bad: 'flame',
};

interface LineProps {
  readonly index: number;
  readonly step: Step;
  readonly store: Store;
}

function Line({ index, step, store }: LineProps): JSX.Element {
  const { text, offset, detail, end, look } = stepLine(step);
  return (
    <div
      class={`step ${look}`}
      role="listitem"
      style={{ top: `${index * LINE}px` }}
      title={clean([text, detail, end].filter((part) => part !== '').join(' · '))}
    >
      <span class="number">{count(index + 1)}</span>
      <span class="step-text">
        {text} {offset !== undefined && <OffsetLink store={store} offset={hostOffset(offset)} />}{' '}
        <span class="dim">{clean(detail)}</span>
      </span>
      <span class="step-end">
        {ICONS[look] && <Icon name={ICONS[look]} />}
        {end}
      </span>
    </div>
  );
}
