import type { JSX } from 'preact';
import { repairedFirstText } from '../../../src/core/repair/repairedFirst.js';
import { clean } from '../../../src/core/text.js';
import { Icon } from '../../parts/icon.js';
import { RepairRows } from '../../parts/repairRows.js';
import type { Store } from '../../state/store.js';
import { plural } from '../../text/text.js';

/** What a dirty image was repaired of when it was opened: the operations run on what that left. */
export function OpeningRepair({ store }: { readonly store: Store }): JSX.Element | null {
  const answer = store.simulation.answer.value;
  const opening = answer?.state === 'refused' ? undefined : answer?.opening;
  const repair = opening?.repair;
  if (!opening || !repair) return null;
  const { messages, messageCount } = opening;
  return (
    <div class="callout opening-repair" role="status">
      <Icon name="info" />
      <div>
        <p>{repairedFirstText(repair)}.</p>
        {(repair.changes.length > 0 || messages.length > 0) && (
          <details>
            <summary>What it says and changes</summary>
            <pre class="mono">{messages.map(clean).join('\n')}</pre>
            {messageCount > messages.length && (
              <p class="dim">
                and {plural(messageCount - messages.length, 'more line', 'more lines')}
              </p>
            )}
            <RepairRows store={store} changes={repair.changes} totals={repair.totals} />
          </details>
        )}
      </div>
    </div>
  );
}
