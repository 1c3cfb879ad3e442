import { effect, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import {
  GUEST_DATA,
  KIND_TEXT,
  KINDS,
  kindsIn,
  type KindName,
} from '../../../src/core/map/kinds.js';
import { glyphOfKind } from '../../../src/core/picture/tile.js';
import type { ScanSummary } from '../../../src/core/inspect/inspection.js';
import { kindVariable } from '../../heatmap/palette.js';
import { Icon } from '../../parts/icon.js';
import { isFileKinds } from '../../state/legendValues.js';
import type { Store } from '../../state/store.js';
import { shareText, size } from '../../text/text.js';

const CONTENTS: readonly KindName[] = kindsIn(GUEST_DATA);
const METADATA: readonly KindName[] = KINDS.filter((kind) => !CONTENTS.includes(kind));

interface Part {
  readonly kind: KindName;
  readonly clusters: number;
}

interface Props {
  readonly store: Store;
  readonly summary: ScanSummary;
  /** One line below the bar in the place of a table. */
  readonly isBrief: boolean;
}

/** Where the bytes of the file go. A cluster of two kinds counts as both, as in the legend. */
export function BytesBar({ store, summary, isBrief }: Props): JSX.Element {
  const partsOf = (kinds: readonly KindName[]): Part[] =>
    kinds
      .map((kind) => ({ kind, clusters: summary.clusters[kind] }))
      .filter(({ clusters }) => clusters > 0);
  const contents = partsOf(CONTENTS);
  const metadata = partsOf(METADATA);
  const free = partsOf(['unallocated']);
  const parts = [...contents, ...metadata, ...free];
  const all = sum(parts);
  const facts = store.facts.value;
  return (
    <section class="bytes-section" aria-labelledby="bytes-title">
      <div class="section-head">
        <h2 class="section-title" id="bytes-title">
          Where the bytes go
        </h2>
        {facts && (
          <span class="dim">
            {size(facts.fileSize)} file · {size(facts.geometry?.virtualSize ?? 0)} disk
          </span>
        )}
      </div>
      <div class={isBrief ? 'bytes-bar brief' : 'bytes-bar'} aria-hidden="true">
        {parts.map(({ kind, clusters }) => (
          <span
            key={kind}
            title={`${KIND_TEXT[kind]} · ${size(clusters * store.clusterSize)}`}
            class={isFaded(store, kind) ? 'faded' : undefined}
            style={{ flexGrow: clusters, background: `var(${kindVariable(kind)})` }}
            onClick={() => {
              isolateKind(store, kind);
            }}
          />
        ))}
      </div>
      <ul class={isBrief ? 'bytes-list brief' : 'bytes-list'}>
        {contents.map((part) => (
          <PartRow key={part.kind} part={part} all={all} store={store} />
        ))}
        {metadata.length > 0 && <MetadataRow parts={metadata} all={all} store={store} />}
        {free.map((part) => (
          <PartRow key={part.kind} part={part} all={all} store={store} />
        ))}
      </ul>
    </section>
  );
}

const sum = (parts: readonly Part[]): number =>
  parts.reduce((clusters, part) => clusters + part.clusters, 0);

interface RowProps {
  readonly part: Part;
  readonly all: number;
  readonly store: Store;
}

/** A click leaves only these clusters bright. */
function PartRow({ part: { kind, clusters }, all, store }: RowProps): JSX.Element {
  return (
    <li>
      <button
        type="button"
        class="bytes-part"
        data-kind={kind}
        aria-pressed={isAlone(store, kind)}
        title="Show these clusters alone"
        onClick={() => {
          isolateKind(store, kind);
        }}
      >
        <span class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
        <span class="bytes-name">{KIND_TEXT[kind]}</span>
        <span class="bytes-size">{size(clusters * store.clusterSize)}</span>
        <span class="bytes-share dim">{shareText(clusters, all)}</span>
      </button>
    </li>
  );
}

/** All tables in one row, which opens. */
function MetadataRow({ parts, all, store }: Omit<RowProps, 'part'> & { parts: readonly Part[] }) {
  const isOpen = useSignal(false);
  const clusters = sum(parts);
  return (
    <>
      <li>
        <button
          type="button"
          class="bytes-part"
          aria-expanded={isOpen.value}
          title="Each kind of tables"
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <Icon name={isOpen.value ? 'chevron-down' : 'chevron-right'} />
          <span class="bytes-name">metadata</span>
          <span class="bytes-size">{size(clusters * store.clusterSize)}</span>
          <span class="bytes-share dim">{shareText(clusters, all)}</span>
        </button>
      </li>
      {isOpen.value &&
        parts.map((part) => <PartRow key={part.kind} part={part} all={all} store={store} />)}
    </>
  );
}

const isAlone = (store: Store, kind: KindName): boolean =>
  isFileKinds(store.pictures.shown.value) && store.isolated.value === glyphOfKind(kind);

const isFaded = (store: Store, kind: KindName): boolean =>
  isFileKinds(store.pictures.shown.value) &&
  store.isolated.value !== undefined &&
  store.isolated.value !== glyphOfKind(kind);

/** Shows a kind alone on the map of kinds, as soon as that is the picture shown. */
function isolateKind(store: Store, kind: KindName): void {
  const value = glyphOfKind(kind);
  const { pictures } = store;
  if (isFileKinds(pictures.shown.value)) {
    store.isolate(value);
    return;
  }
  pictures.choose({ view: 'host', layer: 'kinds' });
  const end = effect(() => {
    const isChosen = isFileKinds(pictures.chosen.value);
    if (isChosen && !isFileKinds(pictures.shown.value)) return;
    // After all that a new picture brings with it: it ends what was alone in the one before.
    queueMicrotask(() => {
      end();
      if (isChosen) store.isolated.value = value;
    });
  });
}
