import type { JSX } from 'preact';
import { clean } from '../../../src/core/text.js';
import { Icon } from '../../parts/icon.js';
import { BitmapRows, type KnownSpace, Removal, SnapshotRows } from '../../parts/whatIf.js';
import { spaceOf } from '../../state/spaceState.js';
import type { Store } from '../../state/store.js';
import { size } from '../../text/text.js';
import { Bill } from './bill.js';
import { headline } from './headline.js';
import { ChainPart } from './chainPart.js';
import { HostRoom } from './hostRoom.js';
import { NewFile } from './newFile.js';
import { OtherLayout } from './otherLayout.js';

interface Props {
  readonly store: Store;
}

/** Where the file's bytes go, what could go, and what a new file would need. */
export function SpacePane({ store }: Props): JSX.Element {
  const scan = store.scan.value;
  const answer = spaceOf(store).answer.value;
  if (scan.state === 'cancelled')
    return <Hint text="The scan was stopped before the file could be added up." />;
  if (answer?.state === 'failed') return <Hint text={answer.message} />;
  if (answer?.state !== 'known' || scan.state !== 'scanned')
    return (
      <p class="space-waiting dim" aria-busy="true">
        {scan.state === 'scanning' ? 'Reading the image' : 'Adding up'} …
      </p>
    );
  const { counts } = scan.summary;
  const isSound = counts?.corruptions === 0 && counts.checkErrors === 0;
  return (
    <div class="space">
      <div class="space-body">
        <Answer store={store} answer={answer} />
        <Bill store={store} answer={answer} />
        {isSound ? (
          <WhatIf store={store} answer={answer} />
        ) : (
          <p class="space-note">
            The image is damaged: nothing is to be deleted from it before it is repaired.
          </p>
        )}
        <ChainPart store={store} />
        <HostRoom store={store} answer={answer} />
        <NewFile store={store} answer={answer} />
        <OtherLayout store={store} answer={answer} />
      </div>
    </div>
  );
}

const Hint = ({ text }: { readonly text: string }): JSX.Element => (
  <div class="hint">
    <Icon name="circle-slash" />
    <p>{clean(text)}</p>
  </div>
);

interface KnownProps extends Props {
  readonly answer: KnownSpace;
}

function Answer({ store, answer }: KnownProps): JSX.Element {
  const { title, why } = headline(answer, store.geometry.value?.virtualSize ?? 0);
  return (
    <header class="space-answer">
      <button
        type="button"
        class="link with-icon"
        onClick={() => {
          store.showTab('overview');
        }}
      >
        <Icon name="chevron-left" />
        Overview
      </button>
      <h2>{title}</h2>
      <p class="dim">{why}</p>
    </header>
  );
}

/** All that could go, with one sum. */
function WhatIf({ store, answer }: KnownProps): JSX.Element | null {
  const { snapshots, bitmaps, leaks, canDelete } = answer;
  if (snapshots.length === 0 && bitmaps.length === 0 && leaks.bytes === 0) return null;
  return (
    <section aria-labelledby="what-if">
      <div class="section-head">
        <h2 class="section-title" id="what-if">
          What if it goes
        </h2>
        <span class="dim">frees</span>
      </div>
      {snapshots.length > 0 && canDelete && (
        <>
          <h3 class="what-kind dim">Snapshots</h3>
          <SnapshotRows store={store} answer={answer} />
        </>
      )}
      {snapshots.length > 0 && !canDelete && (
        <p class="dim space-note">
          QEMU deletes no snapshot of an image with an external data file.
        </p>
      )}
      {bitmaps.length > 0 && (
        <>
          <h3 class="what-kind dim">Bitmaps</h3>
          <BitmapRows store={store} answer={answer} />
        </>
      )}
      {leaks.bytes > 0 && <Leaks store={store} leaks={leaks} />}
      <Removal store={store} answer={answer} />
    </section>
  );
}

function Leaks({ store, leaks }: Props & { readonly leaks: KnownSpace['leaks'] }): JSX.Element {
  const space = spaceOf(store);
  return (
    <>
      <h3 class="what-kind dim">Leaks</h3>
      <ul class="room-rows">
        <li>
          <label class="room-row">
            <input
              type="checkbox"
              checked={space.removal.value.leaks}
              disabled={leaks.danger !== undefined}
              onChange={({ currentTarget }) => {
                space.tickLeaks(currentTarget.checked);
              }}
            />
            <span class="swatch unused" />
            <span class="room-name">clusters that nobody needs</span>
            <span class="room-date" />
            <span class="room-bar" />
            <span class="room-size">{size(leaks.bytes)}</span>
          </label>
        </li>
      </ul>
      {leaks.danger !== undefined && (
        <p class="space-danger">
          <Icon name="warning" /> <span>Not by a repair: {clean(leaks.danger)}.</span>
        </p>
      )}
    </>
  );
}
