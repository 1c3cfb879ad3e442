import type { JSX } from 'preact';
import { KINDS, type KindName } from '../../src/core/layout/kinds.js';
import { valuesOf, type Picture } from '../../src/core/picture/layer.js';
import { glyphOfKind } from '../../src/core/picture/tile.js';
import type { ScanSummary } from '../../src/protocol/imageService.js';
import { valueVariable } from '../heatmap/palette.js';
import { describePlace } from '../heatmap/place.js';
import { LAYER_TEXT, valueLabel, valueText } from '../layerText.js';
import type { Store } from '../store.js';
import { count, size } from '../text.js';

/** Contents first, as they fill the map; then metadata in the order of the kinds. */
const CONTENTS: readonly KindName[] = ['data', 'compressed'];
const HOST_KINDS: readonly number[] = [
  ...CONTENTS,
  ...KINDS.filter((kind) => !CONTENTS.includes(kind)),
  'unallocated' as const,
].map(glyphOfKind);
/** Shown before it is known which kinds there are. */
const ALWAYS: readonly number[] = [glyphOfKind('data'), glyphOfKind('unallocated')];

/** The values of a picture in the order of the legend. */
function orderOf(picture: Picture): readonly number[] {
  if (picture.layer !== 'kinds') return valuesOf(picture).map((_, value) => value);
  if (picture.view === 'host') return HOST_KINDS;
  const values = valuesOf(picture).map((_, value) => value);
  return [...values.slice(1), 0];
}

/** What each colour means and how much of it there is; a click shows one value alone. */
export function Legend({ store }: { readonly store: Store }): JSX.Element {
  const picture = store.pictures.shown.value;
  const clusters = clustersByValue(store);
  const isHostKinds = picture.view === 'host' && picture.layer === 'kinds';
  const shown = orderOf(picture).filter((value) =>
    clusters
      ? clusters[value] > 0 || (isHostKinds && ALWAYS.includes(value))
      : isHostKinds && ALWAYS.includes(value),
  );
  const scan = store.scan.value;
  return (
    <footer class="legend">
      <div class="kinds" role="group" aria-label={LAYER_TEXT[picture.layer].title}>
        {shown.map((value) => (
          <Entry key={value} value={value} store={store} clusters={clusters?.[value]} />
        ))}
        {isHostKinds && scan.state === 'scanned' && <TroubleEntries summary={scan.summary} />}
      </div>
      <Status store={store} />
    </footer>
  );
}

/** Clusters of each value, once they are known. */
function clustersByValue(store: Store): readonly number[] | undefined {
  const { view, layer } = store.pictures.shown.value;
  if (view !== 'host' || layer !== 'kinds') return store.pictures.known.value?.counts;
  const scan = store.scan.value;
  if (scan.state !== 'scanned') return undefined;
  // A cluster of two kinds counts as both.
  const clusters = new Array<number>(KINDS.length + 1).fill(0);
  for (const kind of [...KINDS, 'unallocated'] as const)
    clusters[glyphOfKind(kind)] = scan.summary.clusters[kind];
  return clusters;
}

interface EntryProps {
  readonly value: number;
  readonly store: Store;
  /** Undefined until they are known. */
  readonly clusters: number | undefined;
}

function Entry({ value, store, clusters }: EntryProps): JSX.Element {
  const { shown, names } = store.pictures;
  const picture = shown.value;
  const bytes = clusters === undefined ? '' : size(clusters * store.clusterSize);
  const isolated = store.isolated.value;
  const text = valueText(picture, value, names.value);
  const inView = store.inView.value;
  return (
    <button
      type="button"
      class={isolated !== undefined && isolated !== value ? 'entry faded' : 'entry'}
      data-kind={valuesOf(picture)[value]}
      aria-pressed={isolated === value}
      title={`${text}${bytes && ` · ${bytes}`} · click to show it alone`}
      onClick={() => {
        store.isolate(value);
      }}
    >
      <span class="swatch" style={{ background: `var(${valueVariable(picture, value)})` }} />
      <span class="name">{valueLabel(picture, value, names.value)}</span>
      {clusters !== undefined && (
        <span class="count">
          {inView && (
            <span class="in-view" title="In view">
              {inView.exact ? '' : '≈'}
              {count(inView.counts[value])} of{' '}
            </span>
          )}
          {count(clusters)}
        </span>
      )}
      {bytes && <span class="bytes">{bytes}</span>}
    </button>
  );
}

function TroubleEntries({ summary }: { readonly summary: ScanSummary }): JSX.Element {
  const { claimedTwice, findingsByCode } = summary;
  const entries = [
    { id: 'claimed-twice', text: 'claimed twice', clusters: claimedTwice },
    { id: 'too-low', text: 'refcount too low', clusters: findingsByCode['refcount-too-low'] ?? 0 },
    { id: 'leak', text: 'leaked', clusters: findingsByCode.leak ?? 0 },
  ].filter(({ clusters }) => clusters > 0);
  return (
    <>
      {entries.map(({ id, text, clusters }) => (
        <span key={id} class="entry" data-trouble={id}>
          <span class={`swatch ${id}`} />
          <span class="name">{text}</span>
          <span class="count">{count(clusters)}</span>
        </span>
      ))}
    </>
  );
}

/** What the pointer or the cell cursor is at. */
function Status({ store }: { readonly store: Store }): JSX.Element {
  const pointed = store.pointed.value;
  const { names } = store.pictures;
  return (
    <div class="status">
      {pointed ? describePlace(pointed.place, store.clusterSize, names.value) : ''}
    </div>
  );
}
