import { useSignal } from '@preact/signals';
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
import { isKindAlone, isolateKind } from '../../parts/isolate.js';
import { partColour, partText, partTitle, showPart } from '../../parts/spacePart.js';
import type { SpacePart } from '../../../src/core/space/parts.js';
import { isFileKinds } from '../../state/legendValues.js';
import { spaceOf } from '../../state/spaceState.js';
import type { Store } from '../../state/store.js';
import { shareText, size } from '../../text/text.js';

const CONTENTS: readonly KindName[] = kindsIn(GUEST_DATA);
const METADATA: readonly KindName[] = KINDS.filter((kind) => !CONTENTS.includes(kind));

interface Part {
  readonly kind: KindName;
  readonly clusters: number;
  /** Data of the disk, by who needs them; undefined for what is not divided so. */
  readonly share?: SpacePart;
}

const SHARED_PARTS: readonly SpacePart[] = ['data', 'shared-data', 'snapshot-data'];

interface Props {
  readonly store: Store;
  readonly summary: ScanSummary;
  /** One line below the bar in the place of a table. */
  readonly isBrief: boolean;
  /** Data are divided by who needs them, as soon as that is known. */
  readonly isDivided: boolean;
}

/** Where the bytes of the file go. A cluster of two kinds counts as both, as in the legend. */
export function BytesBar({ store, summary, isBrief, isDivided }: Props): JSX.Element {
  const partsOf = (kinds: readonly KindName[]): Part[] =>
    kinds
      .map((kind) => ({ kind, clusters: summary.clusters[kind] }))
      .filter(({ clusters }) => clusters > 0);
  const shares = isDivided ? dataShares(store) : [];
  const contents = partsOf(CONTENTS).flatMap((part) =>
    part.kind === 'data' && shares.length > 0 ? shares : [part],
  );
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
            {size(facts.fileSize)} file · {size(facts.geometry?.virtualSize ?? 0)} disk ·{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                store.showTab('space');
              }}
            >
              whole bill
            </button>
          </span>
        )}
      </div>
      <div class={isBrief ? 'bytes-bar brief' : 'bytes-bar'} aria-hidden="true">
        {parts.map((part) => (
          <span
            key={textOf(part)}
            title={`${textOf(part)} · ${size(part.clusters * store.clusterSize)}`}
            class={isFaded(store, part.kind) ? 'faded' : undefined}
            style={{ flexGrow: part.clusters, background: `var(${colourOf(part)})` }}
            onClick={() => {
              show(store, part);
            }}
          />
        ))}
      </div>
      <ul class={isBrief ? 'bytes-list brief' : 'bytes-list'}>
        {contents.map((part) => (
          <PartRow key={textOf(part)} part={part} all={all} store={store} />
        ))}
        {metadata.length > 0 && <MetadataRow parts={metadata} all={all} store={store} />}
        {free.map((part) => (
          <PartRow key={part.kind} part={part} all={all} store={store} />
        ))}
      </ul>
    </section>
  );
}

/** The data of the disk, divided by who needs them, once that is known. */
function dataShares(store: Store): Part[] {
  const answer = spaceOf(store).answer.value;
  if (answer?.state !== 'known') return [];
  return answer.parts.flatMap(({ kind: share, clusters }): Part[] =>
    SHARED_PARTS.includes(share) ? [{ kind: 'data', clusters, share }] : [],
  );
}

const textOf = ({ kind, share }: Part): string => (share ? partText(share) : KIND_TEXT[kind]);
const colourOf = ({ kind, share }: Part): string =>
  share ? partColour(share) : kindVariable(kind);

/** Of data that are divided, the layer that tells them apart; else the kind alone. */
function show(store: Store, { kind, share }: Part): void {
  if (share) showPart(store, share);
  else isolateKind(store, kind);
}

const sum = (parts: readonly Part[]): number =>
  parts.reduce((clusters, part) => clusters + part.clusters, 0);

interface RowProps {
  readonly part: Part;
  readonly all: number;
  readonly store: Store;
}

/** A click leaves only these clusters bright. */
function PartRow({ part, all, store }: RowProps): JSX.Element {
  const { kind, clusters, share } = part;
  return (
    <li>
      <button
        type="button"
        class="bytes-part"
        data-kind={kind}
        aria-pressed={share ? undefined : isKindAlone(store, kind)}
        title={share ? partTitle(share) : 'Show these clusters alone'}
        onClick={() => {
          show(store, part);
        }}
      >
        <span class="swatch" style={{ background: `var(${colourOf(part)})` }} />
        <span class="bytes-name">{textOf(part)}</span>
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

const isFaded = (store: Store, kind: KindName): boolean =>
  isFileKinds(store.pictures.shown.value) &&
  store.isolated.value !== undefined &&
  store.isolated.value !== glyphOfKind(kind);
