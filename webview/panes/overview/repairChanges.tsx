import type { JSX } from 'preact';
import type { PreviewedRepair } from '../../../src/protocol/repair.js';
import { changesIn, RepairRows } from '../../parts/repairRows.js';
import { Roving } from '../../parts/roving.js';
import { REPAIR_LOOKS, type RepairLook, repairOf } from '../../state/repairState.js';
import type { Store } from '../../state/store.js';
import { plural } from '../../text/text.js';
import { RepairSteps } from './repairSteps.js';

interface Props {
  readonly store: Store;
  readonly repair: PreviewedRepair;
}

const LOOK_TEXT: Readonly<Record<RepairLook, readonly [text: string, title: string]>> = {
  before: ['Before', 'What each cluster is'],
  after: ['After', 'What each cluster would be after the repair'],
  changes: ['Changes', 'What the repair does to each cluster'],
};

/** What a repair would change: by structure, or step by step; and what the map shows of it. */
export function RepairChanges({ store, repair }: Props): JSX.Element {
  const { mode } = repair;
  const all = changesIn(repair);
  const { isInOrder } = repairOf(store);
  return (
    <section class="repair-changes" aria-labelledby="repair-changes">
      <div class="section-head">
        <h3 class="section-title" id="repair-changes">
          Changes of <code>check -r {mode}</code>
        </h3>
        <span class="dim">{all === 0 ? 'none' : plural(all, 'change')}</span>
      </div>
      <div class="repair-tools">
        {repair.stepCount > 0 && (
          <Roving class="segments" label="How the changes are told">
            {[false, true].map((inOrder) => (
              <button
                key={String(inOrder)}
                type="button"
                aria-pressed={inOrder === isInOrder.value}
                title={
                  inOrder
                    ? 'What QEMU writes, one after the other; the map follows'
                    : 'What changes in which part of the format'
                }
                onClick={() => {
                  isInOrder.value = inOrder;
                }}
              >
                {inOrder ? 'Step by Step' : 'By Structure'}
              </button>
            ))}
          </Roving>
        )}
        <Looks store={store} />
      </div>
      {isInOrder.value && repair.stepCount > 0 ? (
        <RepairSteps store={store} repair={repair} />
      ) : (
        <RepairRows store={store} changes={repair.changes} totals={repair.totals} />
      )}
    </section>
  );
}

/** What the map shows of the repair. */
function Looks({ store }: { readonly store: Store }): JSX.Element | null {
  const state = repairOf(store);
  if (!store.geometry.value) return null;
  return (
    <div class="repair-looks">
      <span class="dim">Map</span>
      <Roving class="segments" label="What the map shows">
        {REPAIR_LOOKS.map((look) => (
          <button
            key={look}
            type="button"
            aria-pressed={look === state.look.value}
            title={LOOK_TEXT[look][1]}
            onClick={() => {
              state.show(look);
            }}
          >
            {LOOK_TEXT[look][0]}
          </button>
        ))}
      </Roving>
    </div>
  );
}
