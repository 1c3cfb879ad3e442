import type { JSX } from 'preact';
import type { BillPart } from '../../../src/core/space/bill.js';
import type { SpacePart } from '../../../src/core/space/parts.js';
import { isPartAlone, partColour, partText, partTitle, showPart } from '../../parts/spacePart.js';
import type { KnownSpace } from '../../parts/whatIf.js';
import type { Store } from '../../state/store.js';
import { count, shareText, size } from '../../text/text.js';

const CONTENTS: readonly SpacePart[] = [
  'data',
  'shared-data',
  'snapshot-data',
  'compressed',
  'vm-state',
];
const UNUSED: readonly SpacePart[] = ['leaked', 'free', 'tail'];

interface Props {
  readonly store: Store;
  readonly answer: KnownSpace;
}

/** Every byte of the file in one part; a click leaves only that one bright on the map. */
export function Bill({ store, answer }: Props): JSX.Element {
  const { parts, file, contents } = answer;
  const of = (kinds: readonly SpacePart[]): BillPart[] =>
    parts.filter(({ kind }) => kinds.includes(kind));
  const metadata = parts.filter(({ kind }) => !CONTENTS.includes(kind) && !UNUSED.includes(kind));
  const ordered = [...of(CONTENTS), ...metadata, ...of(UNUSED)];
  return (
    <section aria-labelledby="bill-title">
      <div class="section-head">
        <h2 class="section-title" id="bill-title">
          Where the bytes go
        </h2>
        <span class="dim">{size(file.bytes)}</span>
      </div>
      <div class="bytes-bar" aria-hidden="true">
        {ordered.map(({ kind, bytes }) => (
          <span
            key={kind}
            class={isUnused(kind) ? 'unused' : undefined}
            title={`${partText(kind)} · ${size(bytes)}`}
            style={{ flexGrow: bytes, background: `var(${partColour(kind)})` }}
            onClick={() => {
              showPart(store, kind);
            }}
          />
        ))}
      </div>
      <Group name="Data" parts={of(CONTENTS)} store={store} all={file.bytes} />
      <Group name="Metadata" parts={metadata} store={store} all={file.bytes} />
      <Group name="Nobody's" parts={of(UNUSED)} store={store} all={file.bytes} />
      {contents && contents.compressed > 0 && <Compression answer={answer} />}
    </section>
  );
}

const isUnused = (kind: SpacePart): boolean => UNUSED.includes(kind);

interface GroupProps {
  readonly name: string;
  readonly parts: readonly BillPart[];
  readonly store: Store;
  readonly all: number;
}

function Group({ name, parts, store, all }: GroupProps): JSX.Element | null {
  if (parts.length === 0) return null;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return (
    <>
      <p class="bill-group dim">
        <span>{name}</span>
        <span class="bytes-size">{size(bytes)}</span>
        <span class="bytes-share">{shareText(bytes, all)}</span>
      </p>
      <ul class="bytes-list">
        {parts.map((part) => (
          <li key={part.kind}>
            <button
              type="button"
              class="bytes-part"
              data-part={part.kind}
              aria-pressed={isPartAlone(store, part.kind)}
              title={`${count(part.clusters)} clusters. ${partTitle(part.kind)}`}
              onClick={() => {
                showPart(store, part.kind);
              }}
            >
              <span
                class={isUnused(part.kind) ? 'swatch unused' : 'swatch'}
                style={{ background: `var(${partColour(part.kind)})` }}
              />
              <span class="bytes-name">{partText(part.kind)}</span>
              <span class="bytes-size">{size(part.bytes)}</span>
              <span class="bytes-share dim">{shareText(part.bytes, all)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What compression saves; with snapshots, which have some of it, only what the disk has is told. */
function Compression({ answer }: { readonly answer: KnownSpace }): JSX.Element | null {
  const { contents, parts, snapshotCount } = answer;
  const disk = contents?.compressed ?? 0;
  const taken = parts.find(({ kind }) => kind === 'compressed')?.bytes ?? 0;
  if (snapshotCount > 0)
    return (
      <p class="dim space-note">
        {size(disk)} of the disk are compressed; what snapshots have of the compressed clusters is
        not told apart.
      </p>
    );
  return (
    <p class="dim space-note">
      {size(disk)} of the disk are compressed into {size(taken)}: that saves{' '}
      {size(Math.max(0, disk - taken))}.
    </p>
  );
}
