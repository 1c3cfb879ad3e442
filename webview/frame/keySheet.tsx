import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { IconButton } from '../parts/icon.js';
import type { Store } from '../state/store.js';

interface Group {
  readonly title: string;
  readonly keys: readonly (readonly [keys: string, what: string])[];
}

const GROUPS: readonly Group[] = [
  {
    title: 'Anywhere in the editor',
    keys: [
      ['Ctrl+G', 'go to an offset, a cluster, an entry of a table'],
      ['Ctrl+F', 'find; F3 and Shift+F3 for the next and the one before'],
      ['F8', 'the next corruption; Shift+F8 the one before'],
      ['Alt+F8', 'the next cluster claimed twice; Alt+Shift+F8 the one before'],
      ['Alt+F3', 'the next of the selected kind; Alt+Shift+F3 the one before'],
      ['Alt+← →', 'back and forward (macOS: Ctrl+-, Ctrl+Shift+-)'],
      ['Alt+= -', 'zoom in and out; Alt+Home fits'],
      ['?', 'these keys'],
    ],
  },
  {
    title: 'On the map',
    keys: [
      ['← ↑ → ↓', 'move the cell cursor; Page Up, Page Down, Home, End too'],
      ['Shift+← ↑ → ↓', 'select a range; Shift and drag or click, too'],
      ['Enter', 'details of the cell'],
      ['+ − 0', 'zoom in, zoom out, fit; the wheel too'],
      ['N P', 'the next, and the one before, of what was searched for'],
      ['M', 'highlight what a table refers to'],
      ['W', 'overlap windows'],
      ['Esc', 'give up the highlight, the kind alone, the selection'],
    ],
  },
];

/** All keys, over the editor. Any way that closes a dialog closes it. */
export function KeySheet({ store }: { readonly store: Store }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => {
    dialog.current?.close();
  };
  return (
    <dialog
      ref={dialog}
      class="key-sheet"
      aria-labelledby="key-sheet-title"
      onClose={() => {
        store.isKeySheetOpen.value = false;
      }}
      onClick={({ target }) => {
        // Beside it: the dialog itself is what lies under the pointer.
        if (target === dialog.current) close();
      }}
    >
      <div class="key-sheet-body">
        <header>
          <h2 id="key-sheet-title">Keys</h2>
          <IconButton icon="close" label="Close (Esc)" onClick={close} />
        </header>
        {GROUPS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
