import type { JSX } from 'preact';
import { FATES, fateNumber, type Fate } from '../../../src/core/simulate/copy/fate.js';
import type { Picture } from '../../../src/core/picture/layer.js';
import { valueVariable } from '../../heatmap/palette.js';
import { valueText } from '../../text/layerText.js';
import type { Store } from '../../state/store.js';
import { count } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { hex } from '../../../src/core/bytes.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import type { FateCause } from '../../../src/core/simulate/verdict/clusterJudge.js';
import type { FateCount } from '../../../src/core/simulate/verdict/sweep.js';
import { clean } from '../../../src/core/text.js';

const ON_DISK: Picture = { view: 'guest', layer: 'simulation' };
/** The bad ones first. */
const ORDER: readonly Fate[] = [...FATES].reverse();

/** What a write to each cluster of the guest's disk would do, each to an untouched copy. */
export function ConflictMap({ store }: { readonly store: Store }): JSX.Element {
  const { simulation, sweep } = store;
  const options = simulation.query.value?.options;
  const answer = sweep.answer.value;
  const done = sweep.progress.value;
  const isStale =
    sweep.options.value !== undefined &&
    JSON.stringify(sweep.options.value) !== JSON.stringify(options);
  return (
    <section class="conflict-map" aria-label="Conflict map">
      <div class="section-head">
        <h2 class="section-title">Conflict map</h2>
      </div>
      <p class="dim">
        A write of each cluster of the guest's disk, each to an untouched copy, under the settings
        above.
      </p>
      <div class="conflict-actions">
        {done === undefined ? (
          <button
            type="button"
            class="button"
            disabled={!options}
            onClick={() => {
              if (options) void sweep.start(options);
            }}
          >
            Sweep disk
          </button>
        ) : (
          <>
            <progress value={done} max={1} aria-label="Clusters swept" />
            <button
              type="button"
              class="button secondary"
              onClick={() => {
                sweep.reset();
              }}
            >
              Cancel
            </button>
          </>
        )}
      </div>
      {sweep.failure.value !== undefined && <p role="alert">{clean(sweep.failure.value)}</p>}
      {answer?.state === 'refused' && (
        <p class="callout" role="alert">
          <Icon name="lock" />
          <span class="mono">{clean(answer.message)}</span>
        </p>
      )}
      {answer?.state === 'known' && (
        <>
          <ShowOnMap store={store} />
          {isStale && <p class="dim">The settings have changed since: sweep again.</p>}
          <ul class="fates">
            {ORDER.map((fate) => {
              const found = answer.counts.find((each) => each.fate === fate);
              return !found || found.clusters === 0 ? undefined : (
                <FateEntry key={fate} found={found} store={store} />
              );
            })}
          </ul>
          <p class="dim">{`${count(answer.judged)} writes were simulated; every other is like one of them.`}</p>
        </>
      )}
    </section>
  );
}

/** Nothing is shown unless the user wants it, and there is a way back. */
function ShowOnMap({ store: { pictures } }: { readonly store: Store }): JSX.Element {
  const isShown = pictures.chosen.value.layer === 'simulation';
  return (
    <button
      type="button"
      class="button secondary"
      onClick={() => {
        pictures.choose(isShown ? { layer: 'kinds' } : ON_DISK);
      }}
    >
      {isShown ? 'Back to Kinds' : 'Show on Map'}
    </button>
  );
}

interface EntryProps {
  readonly found: FateCount;
  readonly store: Store;
}

/** A click leaves only these clusters bright. */
function FateEntry({ found, store }: EntryProps): JSX.Element {
  const { fate, clusters, causes, moreCauses } = found;
  const value = fateNumber(fate);
  const isAlone =
    store.isolated.value === value && store.pictures.shown.value.layer === 'simulation';
  return (
    <li>
      <button
        type="button"
        class="entry"
        data-fate={fate}
        aria-pressed={isAlone}
        title="Click to show these alone"
        onClick={() => {
          store.pictures.choose({ layer: 'simulation' });
          store.isolate(value);
        }}
      >
        <span class="swatch" style={{ background: `var(${valueVariable(ON_DISK, value)})` }} />
        <span class="name">{valueText(ON_DISK, value, [])}</span>
        <span class="count">{count(clusters)}</span>
      </button>
      {causes.map((cause) => (
        <CauseLine key={JSON.stringify(cause)} cause={cause} store={store} />
      ))}
      {moreCauses > 0 && <p class="dim cause">{`and ${count(moreCauses)} causes more`}</p>}
    </li>
  );
}

/** Why writes end so: where they all come to, if QEMU hands it out, or what one of them meets. */
function CauseLine({ cause, store }: { readonly cause: FateCause; readonly store: Store }) {
  if (cause.type === 'message') return <p class="dim cause mono">{clean(cause.message)}</p>;
  const { cluster, offset, kinds, handedOut } = cause;
  const held = kinds.map((kind) => KIND_TEXT[kind]).join(', ');
  return (
    <p class="dim cause">
      {handedOut ? 'Every write that needs a new cluster gets ' : 'For one: it lies over '}
      <button
        type="button"
        class="link"
        onClick={() => {
          store.selection.select(cluster);
        }}
      >
        {`cluster ${count(cluster)}`}
      </button>
      {` (${hex(offset)}), which holds ${held === '' ? 'something in use' : held}.`}
    </p>
  );
}
