import type { JSX } from 'preact';
import { shellWord } from '../../../src/core/shell.js';
import { clean } from '../../../src/core/text.js';
import type { SpaceAnswer, ToldSnapshot } from '../../../src/protocol/space.js';
import { Icon } from '../../parts/icon.js';
import { spaceOf } from '../../state/spaceState.js';
import type { Store } from '../../state/store.js';
import { plural, size } from '../../text/text.js';

/** Snapshots with a colour of their own on the map. */
const COLOURED = 8;

interface Props {
  readonly store: Store;
}

type Known = Extract<SpaceAnswer, { readonly state: 'known' }>;

/** What the snapshots hold, and what deleting some of them would give free. */
export function SnapshotRoom({ store }: Props): JSX.Element {
  const answer = spaceOf(store).answer.value;
  return (
    <section class="snapshot-room" aria-labelledby="snapshot-room">
      <div class="section-head">
        <h2 class="section-title" id="snapshot-room">
          What if a snapshot goes
        </h2>
        <span class="dim">frees</span>
      </div>
      {answer?.state === 'known' && <Snapshots store={store} answer={answer} />}
      {answer?.state === 'failed' && <p class="dim">{clean(answer.message)}</p>}
      {(answer === undefined || answer.state === 'computing') && (
        <p class="dim" aria-busy="true">
          Adding up …
        </p>
      )}
    </section>
  );
}

function Snapshots({ store, answer }: Props & { readonly answer: Known }): JSX.Element {
  const { snapshots, snapshotCount, allFreedBytes } = answer;
  const alone = snapshots.reduce((bytes, { freedBytes }) => bytes + freedBytes, 0);
  const most = Math.max(1, ...snapshots.map(({ freedBytes }) => freedBytes));
  const more = snapshotCount - snapshots.length;
  const together = allFreedBytes - alone;
  return (
    <>
      <ul class="snapshot-rows">
        {snapshots.map((snapshot) => (
          <Row key={snapshot.index} store={store} snapshot={snapshot} most={most} />
        ))}
        {more > 0 && <li class="dim snapshot-rest">and {plural(more, 'more snapshot')}</li>}
        {more === 0 && snapshotCount > 1 && together > 0 && (
          <li class="dim snapshot-rest">
            <span>held by several: goes with the last of them</span>
            <span>{size(together)}</span>
          </li>
        )}
      </ul>
      <Deletion store={store} answer={answer} />
    </>
  );
}

interface RowProps extends Props {
  readonly snapshot: ToldSnapshot;
  readonly most: number;
}

function Row({ store, snapshot, most }: RowProps): JSX.Element {
  const space = spaceOf(store);
  const { index, name, seconds, freedBytes } = snapshot;
  const number = index < COLOURED ? String(index + 1) : 'later';
  const colour = `var(--snapshot-${number})`;
  return (
    <li>
      <label class="snapshot-row">
        <input
          type="checkbox"
          checked={space.gone.value.has(index)}
          onChange={({ currentTarget }) => {
            space.tick(index, currentTarget.checked);
          }}
        />
        <span class="swatch" style={{ background: colour }} />
        <span class="snapshot-name">{clean(name)}</span>
        <span class="snapshot-date dim">{dateText(seconds)}</span>
        <span class="snapshot-bar" aria-hidden="true">
          <span
            style={{ width: `${(100 * Math.max(0, freedBytes)) / most}%`, background: colour }}
          />
        </span>
        <span class="snapshot-size">{signedSize(freedBytes)}</span>
      </label>
    </li>
  );
}

/** What comes of those that are ticked, or of all. */
function Deletion({ store, answer }: Props & { readonly answer: Known }): JSX.Element {
  const { snapshots, snapshotCount, allFreedBytes, freedBytes, canDelete } = answer;
  const gone = spaceOf(store).gone.value;
  const chosen = snapshots.filter(({ index }) => gone.has(index));
  const all =
    snapshotCount > 1 ? (
      <span class="dim">
        all {snapshotCount}: {signedSize(allFreedBytes)}
      </span>
    ) : null;
  if (!canDelete)
    return (
      <p class="deletion dim">QEMU deletes no snapshot of an image with an external data file.</p>
    );
  if (chosen.length === 0)
    return (
      <p class="deletion dim" role="status">
        Tick what could go. {all}
      </p>
    );
  const commands = chosen.map(({ name }) =>
    ['qemu-img snapshot -d', name, store.facts.value?.fileName ?? '']
      .map((word, place) => (place === 0 ? word : shellWord(word, store.shell.value)))
      .join(' '),
  );
  return (
    <div class="deletion">
      <p role="status">
        <span>
          Deleting {chosen.length === 1 ? clean(chosen[0].name) : plural(chosen.length, 'snapshot')}{' '}
          {freedBytes < 0 ? 'takes' : 'frees'} <strong>{size(Math.abs(freedBytes))}</strong>
        </span>
        {all}
      </p>
      {chosen.some(({ isNamesake }) => isNamesake) && (
        <p class="dim">
          Several snapshots have this name: qemu-img takes the first, whatever is meant.
        </p>
      )}
      <p class="dim">With no VM on the image:</p>
      <div class="deletion-commands">
        <code>{commands.join('\n')}</code>
        <button
          type="button"
          class="button with-icon"
          onClick={() => {
            store.actions.copy(commands.join('\n'));
          }}
        >
          <Icon name="copy" />
          Copy
        </button>
      </div>
    </div>
  );
}

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
