import type { JSX } from 'preact';
import type { BuiltOverlap } from '../../../src/protocol/overlap.js';
import type { Store } from '../../state/store.js';
import { count, plural } from '../../text/text.js';
import { Icon } from '../../parts/icon.js';
import { detailsWishOf } from './detailsWish.js';
import { ageText } from './windowWords.js';

/** Slots shown: more than a glance takes in. The table of windows, sorted by age, has the rest. */
const MAX_SHOWN = 128;

interface Props {
  readonly store: Store;
  readonly built: BuiltOverlap;
}

/** The cache of bitmaps: which window each slot has, the fresher the stronger. */
export function Slots({ store, built }: Props): JSX.Element {
  const { slots, slotCount } = built;
  const shown = slots.slice(0, MAX_SHOWN);
  const oldest = Math.max(1, ...shown.map(({ age }) => age ?? 0));
  const selected = store.overlap.selectedWindow.value;
  return (
    <details class="slots" open>
      <summary>
        <Icon name="chevron-right" />
        <span>
          Cache: {plural(slotCount, 'slot')}, {count(slots.length)} taken{' '}
          <span class="dim">by window, with its age</span>
        </span>
      </summary>
      <ol class="slot-list" aria-label="Slots">
        {shown.map(({ slot, window, age }) => (
          <li key={slot}>
            <button
              type="button"
              class="slot"
              aria-pressed={window === selected}
              aria-label={`slot ${slot}: window ${window}, ${ageText(age)}`}
              title={`slot ${slot}: window ${count(window)}, last used ${ageText(age)}`}
              style={{ '--age': String((age ?? oldest) / oldest) }}
              onClick={() => {
                store.overlap.selectedWindow.value = window;
                detailsWishOf(store).value = true;
              }}
            >
              <span class="slot-window">{count(window)}</span>
              <span class="slot-age">{age === undefined ? '–' : count(age)}</span>
            </button>
          </li>
        ))}
      </ol>
      {slots.length > shown.length && (
        <p class="dim">… and {count(slots.length - shown.length)} more.</p>
      )}
    </details>
  );
}
