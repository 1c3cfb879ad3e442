import type { JSX } from 'preact';
import type { PreviewedRepair } from '../../../src/protocol/repair.js';
import { changesIn, RepairRows } from '../../parts/repairRows.js';
import type { Store } from '../../state/store.js';
import { plural } from '../../text/text.js';

interface Props {
  readonly store: Store;
  readonly repair: PreviewedRepair;
}

/** What a repair would change, in QEMU's order, each with its place. */
export function RepairChanges({ store, repair }: Props): JSX.Element {
  const { mode } = repair;
  const all = changesIn(repair);
  return (
    <section class="repair-changes" aria-labelledby="repair-changes">
      <div class="section-head">
        <h3 class="section-title" id="repair-changes">
          Changes of <code>check -r {mode}</code>
        </h3>
        <span class="dim">{all === 0 ? 'none' : plural(all, 'change')}</span>
        {all > 0 && (
          <button
            type="button"
            class="link"
            title="What it does to each cluster: a layer of the map"
            onClick={() => {
              const layer = mode === 'all' ? 'repairAll' : 'repairLeaks';
              store.pictures.choose({ view: 'host', layer });
            }}
          >
            Show on Map
          </button>
        )}
      </div>
      <RepairRows store={store} changes={repair.changes} totals={repair.totals} />
    </section>
  );
}
