import type { JSX } from 'preact';
import { clean } from '../../../src/core/text.js';
import { Removal, SnapshotRows } from '../../parts/whatIf.js';
import { spaceOf } from '../../state/spaceState.js';
import type { Store } from '../../state/store.js';

/** What the snapshots hold, and what deleting some of them would give free. */
export function SnapshotRoom({ store }: { readonly store: Store }): JSX.Element {
  const answer = spaceOf(store).answer.value;
  return (
    <section class="snapshot-room" aria-labelledby="snapshot-room">
      <div class="section-head">
        <h2 class="section-title" id="snapshot-room">
          What if a snapshot goes
        </h2>
        <span class="dim">frees</span>
      </div>
      {answer?.state === 'known' && (
        <>
          <SnapshotRows store={store} answer={answer} />
          {answer.canDelete ? (
            <Removal store={store} answer={answer} />
          ) : (
            <p class="removal dim">
              QEMU deletes no snapshot of an image with an external data file.
            </p>
          )}
        </>
      )}
      {answer?.state === 'failed' && <p class="dim">{clean(answer.message)}</p>}
      {(answer === undefined || answer.state === 'computing') && (
        <p class="dim" aria-busy="true">
          Adding up …
        </p>
      )}
    </section>
  );
}
