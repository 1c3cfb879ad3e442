import type { JSX } from 'preact';
import { shellWord } from '../../src/core/shell.js';
import type { Store } from '../state/store.js';
import { Icon } from './icon.js';

/** Lines to run, with a button that copies them all. */
export function Commands({
  store,
  lines,
  isMain = false,
}: {
  readonly store: Store;
  readonly lines: readonly string[];
  /** Of a view, at most one is what it leads to. */
  readonly isMain?: boolean;
}): JSX.Element {
  const text = lines.join('\n');
  return (
    <div class="commands">
      <code tabIndex={0}>{text}</code>
      <button
        type="button"
        class={isMain ? 'button with-icon' : 'button secondary with-icon'}
        onClick={() => {
          store.actions.copy(text);
        }}
      >
        <Icon name="copy" />
        Copy
      </button>
    </div>
  );
}

/** A command for the user's shell: its words, then those that the image or the user named. */
export const commandLine = (store: Store, command: string, ...names: readonly string[]): string =>
  [command, ...names.map((name) => shellWord(name, store.shell.value))].join(' ');

/** The name by which commands call this image. */
export const fileName = (store: Store): string => store.facts.value?.fileName ?? '';
