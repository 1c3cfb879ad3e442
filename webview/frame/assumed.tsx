import type { JSX } from 'preact';
import { Icon } from '../parts/icon.js';
import type { Store } from '../state/store.js';

/** That what is shown is not what the header says. */
export function Assumed({ store }: { readonly store: Store }): JSX.Element | null {
  const assumed = store.facts.value?.assumed;
  if (assumed === undefined) return null;
  return (
    <div class="banner warning" role="status" data-assumed={assumed}>
      <Icon name="warning" />
      <span class="banner-text">
        Shown as if its header said <code>{assumed}</code>
      </span>
      <button
        type="button"
        class="button secondary"
        title="The tables that were found, on the map"
        onClick={() => {
          store.showTab('lost');
        }}
      >
        Tables
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.actions.openAsIf();
        }}
      >
        Change…
      </button>
    </div>
  );
}
