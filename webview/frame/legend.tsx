import type { JSX } from 'preact';
import { valuesOf, type Picture } from '../../src/core/picture/layer.js';
import { kindOfDominant, valuesInMask } from '../../src/core/picture/tile.js';
import { valueVariable } from '../heatmap/palette.js';
import { LAYER_TEXT, valueLabel, valueText } from '../text/layerText.js';
import { hasKindsOfFile, isFileKinds, isStructure, legendValues } from '../state/legendValues.js';
import { Roving } from '../parts/roving.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { shapeOf } from '../heatmap/marks/shapes.js';
import { count, KIND_CODE, plural, size } from '../text/text.js';
import { WindowLegend } from './windowLegend.js';
import type { ScanSummary } from '../../src/core/inspect/inspection.js';

/** What each colour means and how much of it there is; a click shows one value alone. */
export function Legend({ store }: { readonly store: Store }): JSX.Element {
  const sides = store.sides.value;
  const { layer } = store.pictures.shown.value;
  return (
    <footer class="legend">
      <Roving class="kinds" label={LAYER_TEXT[layer].title}>
        {sides.map((side) => (
          <SideEntries key={side.pictures.shown.value.view} store={store} side={side} />
        ))}
        {sides.length === 1 && store.clusters.value > 0 && (
          <span class="total">{plural(store.clusters.value, 'cluster')}</span>
        )}
      </Roving>
    </footer>
  );
}

/** The entries of one map. */
function SideEntries({ store, side }: SideProps): JSX.Element {
  const picture = side.pictures.shown.value;
  const scan = store.scan.value;
  const values = legendValues(store, side);
  const isTold = isFileKinds(picture) && scan.state === 'scanned';
  const [structures, areas] = [true, false].map((wanted) =>
    values.filter(({ value }) => isStructure(picture, value) === wanted),
  );
  return (
    <>
      {side !== store && values.length > 0 && <span class="of-side">guest disk</span>}
      {isTold && <TroubleEntries summary={scan.summary} />}
      {structures.map((each) => (
        <Entry key={each.value} {...each} store={store} side={side} />
      ))}
      {structures.length > 0 && areas.length > 0 && <span class="bar" aria-hidden="true" />}
      {areas.map((each) => (
        <Entry key={each.value} {...each} store={store} side={side} />
      ))}
      <Subclusters side={side} />
      {picture.view === 'host' && <WindowLegend store={store} />}
    </>
  );
}

interface SideProps {
  readonly store: Store;
  readonly side: MapSide;
}

interface EntryProps extends SideProps {
  readonly value: number;
  /** Undefined until they are known. */
  readonly clusters: number | undefined;
  readonly also: number;
}

function Entry({ value, store, side, clusters, also }: EntryProps): JSX.Element {
  const { shown, names } = side.pictures;
  const picture = shown.value;
  const bytes = clusters ? size(clusters * store.clusterSize) : '';
  const isolated = side.isolated.value;
  const text = valueText(picture, value, names.value);
  const inView = side.inView.value;
  return (
    <button
      type="button"
      class={isolated !== undefined && isolated !== value ? 'entry faded' : 'entry'}
      data-kind={valuesOf(picture)[value]}
      aria-pressed={isolated === value}
      title={[
        text,
        clusters !== undefined && plural(clusters, 'cluster'),
        bytes,
        also > 0 && `${count(also)} more that count as another kind that they are of`,
        'click to show it alone',
      ]
        .filter(Boolean)
        .join(' · ')}
      onClick={() => {
        side.isolated.value = isolated === value ? undefined : value;
      }}
    >
      <span
        class={`swatch ${shapeOf(picture, value)}`}
        style={{ '--value': `var(${valueVariable(picture, value)})` }}
      />
      <Code picture={picture} value={value} side={side} />
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
          {also > 0 && ` (+${count(also)} of two kinds)`}
        </span>
      )}
    </button>
  );
}

/** The letters that the cells of a kind carry from close by. */
function Code({ picture, value, side }: CodeProps): JSX.Element | null {
  const kind = kindOfDominant(value);
  if (!hasKindsOfFile(picture) || !kind) return null;
  if (!side.lettered.value || KIND_CODE[kind] === '') return null;
  return (
    <span class="code" aria-hidden="true">
      {KIND_CODE[kind]}
    </span>
  );
}

interface CodeProps {
  readonly picture: Picture;
  readonly value: number;
  readonly side: MapSide;
}

/** The colours of the subclusters that are drawn into mixed clusters. */
function Subclusters({ side }: { readonly side: MapSide }): JSX.Element | null {
  const picture = side.pictures.shown.value;
  const values = valuesInMask(side.subclusters.value);
  return values.length === 0 ? null : (
    <div class="parts" role="group" aria-label="Subclusters">
      {values.map((value) => (
        <span key={value} class="entry" data-subcluster={valuesOf(picture)[value]}>
          <span class="swatch" style={{ background: `var(${valueVariable(picture, value)})` }} />
          <span class="name">{valueLabel(picture, value, [])}</span>
        </span>
      ))}
    </div>
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
        <span
          key={id}
          class="entry"
          data-trouble={id}
          title={`${text} · ${plural(clusters, 'cluster')}`}
        >
          <span class={`swatch ${id}`} />
          <span class="name">{text}</span>
          <span class="count">{count(clusters)}</span>
        </span>
      ))}
      {entries.length > 0 && <span class="bar" aria-hidden="true" />}
    </>
  );
}
