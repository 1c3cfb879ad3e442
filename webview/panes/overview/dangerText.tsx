import type { JSX } from 'preact';
import type { Danger, GuestRange } from '../../../src/core/check/causes/cause.js';
import type { Store } from '../../state/store.js';
import { clean } from '../../../src/core/text.js';
import { count, plural, size } from '../../text/text.js';
import { rangeText, sentence } from './sentences.js';
import { clusterOf, guestOffset } from '../../../src/core/units.js';

/** Ranges named on a card; the map and the report have more. */
const RANGES = 3;
const SNAPSHOTS = 4;

interface Props {
  readonly danger: Danger;
  readonly store: Store;
}

/** What a cause loses: in a sentence, then which places of which disk. */
export function DangerText({ danger, store }: Props): JSX.Element {
  const { text, guest, ranges, snapshots, wholeDisk } = danger;
  const shown = wholeDisk ? [] : guest.slice(0, RANGES);
  const more = wholeDisk ? 0 : ranges - shown.length;
  return (
    <>
      <p>
        <b>{sentence(text)}</b>
      </p>
      {shown.length > 0 && (
        <ul class="danger-ranges">
          {shown.map((range) => (
            <li key={rangeText(range)}>
              <Range range={range} store={store} />
            </li>
          ))}
          {more > 0 && <li class="dim">and {plural(more, 'more range', 'more ranges')}</li>}
        </ul>
      )}
      {!snapshots.every((name) => text.includes(`'${name}'`)) && (
        <p class="dim">{snapshotsText(snapshots)}</p>
      )}
    </>
  );
}

function snapshotsText(names: readonly string[]): string {
  const told = names.slice(0, SNAPSHOTS).map((name) => `'${clean(name)}'`);
  if (names.length > SNAPSHOTS) told.push(`${count(names.length - SNAPSHOTS)} more`);
  return `${names.length === 1 ? 'Snapshot' : 'Snapshots'} concerned: ${told.join(', ')}`;
}

/** A range of the active disk leads there. */
function Range({ range, store }: { readonly range: GuestRange; readonly store: Store }) {
  const text = rangeText(range);
  const bytes = <span class="dim"> {size(range.length)}</span>;
  if (range.snapshot !== undefined)
    return (
      <>
        <span class="mono">{text}</span>
        {bytes}
      </>
    );
  return (
    <>
      <button
        type="button"
        class="link mono"
        title="Show on the guest disk"
        onClick={() => {
          store.selection.showGuest(clusterOf(guestOffset(range.start), store));
        }}
      >
        {text}
      </button>
      {bytes}
    </>
  );
}
