import type { JSX } from 'preact';
import { clean } from '../../src/core/text.js';
import type { SpaceAnswer, ToldSnapshot } from '../../src/protocol/space.js';
import { spaceOf } from '../state/spaceState.js';
import type { Store } from '../state/store.js';
import { plural, size } from '../text/text.js';
import { commandLine, Commands, fileName } from './commands.js';
import { isolateOwner, isOwnerAlone } from './isolate.js';

/** Snapshots with a colour of their own on the map. */
const COLOURED = 8;

export type KnownSpace = Extract<SpaceAnswer, { readonly state: 'known' }>;

interface Props {
  readonly store: Store;
  readonly answer: KnownSpace;
}

export function SnapshotRows({ store, answer }: Props): JSX.Element {
  const { snapshots, snapshotCount, allFreedBytes } = answer;
  const alone = snapshots.reduce((bytes, { freedBytes }) => bytes + freedBytes, 0);
  const more = snapshotCount - snapshots.length;
  const together = allFreedBytes - alone;
  const most = mostOf(snapshots);
  return (
    <ul class="room-rows">
      {snapshots.map((snapshot) => (
        <Row
          key={snapshot.index}
          store={store}
          what="snapshots"
          {...snapshot}
          colour={`var(${snapshotColour(snapshot)})`}
          note={dateText(snapshot.seconds)}
          most={most}
        />
      ))}
      {more > 0 && <li class="dim room-rest">and {plural(more, 'more snapshot')}</li>}
      {more === 0 && snapshotCount > 1 && together > 0 && (
        <li class="dim room-rest">
          <span>held by several: goes with the last of them</span>
          <span>{size(together)}</span>
        </li>
      )}
    </ul>
  );
}

/** That of the layer of snapshots. */
const snapshotColour = ({ index }: Pick<ToldSnapshot, 'index'>): string =>
  `--snapshot-${index < COLOURED ? String(index + 1) : 'later'}`;

export function BitmapRows({ store, answer }: Props): JSX.Element {
  const { bitmaps, bitmapCount } = answer;
  const more = bitmapCount - bitmaps.length;
  const most = mostOf(bitmaps);
  return (
    <ul class="room-rows">
      {bitmaps.map((bitmap) => (
        <Row
          key={bitmap.index}
          store={store}
          what="bitmaps"
          {...bitmap}
          colour="var(--vscode-qcow2-bitmapData)"
          note=""
          most={most}
        />
      ))}
      {more > 0 && <li class="dim room-rest">and {plural(more, 'more bitmap')}</li>}
    </ul>
  );
}

const mostOf = (rows: readonly { readonly freedBytes: number }[]): number =>
  Math.max(1, ...rows.map(({ freedBytes }) => freedBytes));

interface RowProps {
  readonly store: Store;
  readonly what: 'snapshots' | 'bitmaps';
  readonly index: number;
  readonly name: string;
  readonly note: string;
  readonly freedBytes: number;
  readonly most: number;
  readonly colour: string;
}

function Row({ store, what, index, name, note, freedBytes, most, colour }: RowProps): JSX.Element {
  const space = spaceOf(store);
  return (
    <li>
      <label class="room-row">
        <input
          type="checkbox"
          checked={space.removal.value[what].has(index)}
          onChange={({ currentTarget }) => {
            space.tick(what, index, currentTarget.checked);
          }}
        />
        <Swatch store={store} what={what} index={index} name={name} colour={colour} />
        <span class="room-name" title={clean(name)}>
          {clean(name)}
        </span>
        <span class="room-date dim">{note}</span>
        <span class="room-bar" aria-hidden="true">
          <span
            style={{ width: `${(100 * Math.max(0, freedBytes)) / most}%`, background: colour }}
          />
        </span>
        <span class="room-size">{signedSize(freedBytes)}</span>
      </label>
    </li>
  );
}

/** The colour on the map, which a click leaves alone there: of a snapshot what it alone needs. */
function Swatch({
  store,
  what,
  index,
  name,
  colour,
}: Omit<RowProps, 'note' | 'freedBytes' | 'most'>): JSX.Element {
  const swatch = <span class="swatch" style={{ background: colour }} />;
  if (what === 'bitmaps') return swatch;
  return (
    <button
      type="button"
      class="swatch-button"
      title="Show what it alone needs on the map"
      aria-label={`Show what ${clean(name)} alone needs on the map`}
      aria-pressed={isOwnerAlone(store, index)}
      onClick={() => {
        isolateOwner(store, index);
      }}
    >
      {swatch}
    </button>
  );
}

/** What comes of all that is ticked, and by which commands. */
export function Removal({ store, answer }: Props): JSX.Element {
  const { snapshots, snapshotCount, allFreedBytes, freedBytes, canDelete, bitmaps } = answer;
  const { removal } = spaceOf(store);
  const gone = canDelete ? snapshots.filter(({ index }) => removal.value.snapshots.has(index)) : [];
  const removed = bitmaps.filter(({ index }) => removal.value.bitmaps.has(index));
  const { leaks } = removal.value;
  const all =
    snapshotCount > 1 && canDelete ? (
      <span class="dim">
        All {plural(snapshotCount, 'snapshot')}: {signedSize(allFreedBytes)}
      </span>
    ) : null;
  if (gone.length === 0 && removed.length === 0 && !leaks)
    return (
      <p class="removal dim" role="status">
        <span>Tick what could go.</span> {all}
      </p>
    );
  const what = [
    gone.length === 1 ? clean(gone[0].name) : gone.length > 1 && plural(gone.length, 'snapshot'),
    removed.length === 1
      ? `bitmap ${clean(removed[0].name)}`
      : removed.length > 1 && plural(removed.length, 'bitmap'),
    leaks && 'the leaks',
  ].filter((part) => part !== false);
  const file = fileName(store);
  // Bitmaps first: a repair of an image with both deletes the snapshots.
  const lines = [
    ...removed.map(({ name }) => commandLine(store, 'qemu-img bitmap --remove', file, name)),
    ...gone.map(({ name }) => commandLine(store, 'qemu-img snapshot -d', name, file)),
    ...(leaks ? [commandLine(store, 'qemu-img check -r leaks', file)] : []),
  ];
  return (
    <div class="removal">
      <p role="status">
        <span>
          {gone.length > 0 && removed.length === 0 && !leaks ? 'Deleting' : 'Removing'}{' '}
          {listText(what)} {freedBytes < 0 ? 'takes' : 'frees'}{' '}
          <strong>{size(Math.abs(freedBytes))}</strong>
        </span>
        {all}
      </p>
      {gone.some(({ isNamesake }) => isNamesake) && (
        <p class="dim">
          Several snapshots have this name: qemu-img takes the first, whatever is meant.
        </p>
      )}
      <p class="dim">With no VM on the image:</p>
      <Commands store={store} lines={lines} isMain />
    </div>
  );
}

const listText = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;

/** A new snapshot table may need more than it gives. */
const signedSize = (bytes: number): string => (bytes < 0 ? `−${size(-bytes)}` : size(bytes));

/** "2026-11-24 02:00", of the user's time zone; nothing where there is no date. */
function dateText(seconds: number): string {
  if (seconds === 0) return '';
  const date = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
