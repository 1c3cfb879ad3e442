import type { JSX } from 'preact';
import { clean } from '../../src/core/text.js';
import type { Store } from '../state/store.js';

interface Props {
  readonly name: string;
  readonly store: Store;
}

/** The backing file's name, which leads to it. */
export function BackingFileLink({ name, store }: Props): JSX.Element {
  return (
    <button
      type="button"
      class="link mono"
      title="Open the backing file"
      onClick={() => {
        store.actions.openBackingFile();
      }}
    >
      {clean(name)}
    </button>
  );
}
