import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { Icon } from '../parts/icon.js';
import { clean } from '../../src/core/text.js';

interface Props {
  readonly store: Store;
}

/** The file cannot be read at all. */
export const Failed = ({ store, message }: Props & { readonly message: string }): JSX.Element => (
  <main class="empty">
    <div class="empty-body">
      <Icon name="error" />
      <h2>This file cannot be read</h2>
      <p>{clean(message)}</p>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.actions.reload();
        }}
      >
        Try again
      </button>
    </div>
  </main>
);
