import type { JSX } from 'preact';
import { KINDS, type KindName } from '../../src/core/layout/kinds.js';
import type { ScanSummary } from '../../src/protocol/imageService.js';
import { kindVariable } from '../heatmap/palette.js';
import { describePlace } from '../heatmap/place.js';
import type { Store } from '../store.js';
import { count, KIND_CODE, KIND_TEXT, kindLabel, size } from '../text.js';
import { WindowLegend } from './windowLegend.js';

/** Contents first, as they fill the map; then metadata in the order of the kinds. */
const CONTENTS: readonly KindName[] = ['data', 'compressed'];
const ORDER: readonly KindName[] = [
  ...CONTENTS,
  ...KINDS.filter((kind) => !CONTENTS.includes(kind)),
  'unallocated',
];
/** Shown before the scan knows which kinds there are. */
const ALWAYS: readonly KindName[] = ['data', 'unallocated'];

/** What each colour means and how much of it there is; a click shows one kind alone. */
export function Legend({ store }: { readonly store: Store }): JSX.Element {
  const scan = store.scan.value;
  const summary = scan.state === 'scanned' ? scan.summary : undefined;
  const shown = ORDER.filter((kind) => ALWAYS.includes(kind) || (summary?.clusters[kind] ?? 0) > 0);
  return (
    <footer class="legend">
      <div class="kinds" role="group" aria-label="Legend">
        {shown.map((kind) => (
          <Entry key={kind} kind={kind} store={store} clusters={summary?.clusters[kind]} />
        ))}
        {summary && <TroubleEntries summary={summary} />}
        <WindowLegend store={store} />
      </div>
      <Status store={store} />
    </footer>
  );
}

interface EntryProps {
  readonly kind: KindName;
  readonly store: Store;
  /** Undefined while the scan runs. */
  readonly clusters: number | undefined;
}

function Entry({ kind, store, clusters }: EntryProps): JSX.Element {
  const bytes = clusters === undefined ? '' : size(clusters * store.clusterSize);
  const isolated = store.isolated.value;
  return (
    <button
      type="button"
      class={isolated !== undefined && isolated !== kind ? 'entry faded' : 'entry'}
      data-kind={kind}
      aria-pressed={isolated === kind}
      title={`${KIND_TEXT[kind]}${bytes && ` · ${bytes}`} · click to show it alone`}
      onClick={() => {
        store.isolate(kind);
      }}
    >
      <span class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
      {store.lettered.value && KIND_CODE[kind] !== '' && (
        <span class="code" aria-hidden="true">
          {KIND_CODE[kind]}
        </span>
      )}
      <span class="name">{kindLabel(kind)}</span>
      {clusters !== undefined && <span class="count">{count(clusters)}</span>}
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
  return <div class="status">{pointed ? describePlace(pointed.place, store.clusterSize) : ''}</div>;
}
