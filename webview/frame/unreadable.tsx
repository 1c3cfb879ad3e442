import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { Icon } from '../parts/icon.js';
import { ProblemList } from '../parts/problemList.js';
import type { ImageFacts } from '../../src/core/qcow2/facts.js';
import { hostOffset } from '../../src/core/units.js';

interface Props {
  readonly store: Store;
  readonly facts: ImageFacts;
  /** What the header says, as a tree. */
  readonly tree: JSX.Element;
}

/** The header cannot be understood: why, and another way to look at the file. */
export function Unreadable({ store, facts, tree }: Props): JSX.Element {
  const first = facts.problems.at(0);
  const { foreign } = facts;
  return (
    <main class="empty">
      <div class="empty-body">
        <Icon name="warning" />
        <h2>This file cannot be shown as a qcow2 image</h2>
        {foreign?.title !== undefined && (
          <p>
            It is {foreign.title}. {foreign.advice}
          </p>
        )}
        <ProblemList problems={facts.problems} store={store} />
        <button
          type="button"
          class="button"
          onClick={() => {
            store.actions.openHex(first?.offset ?? hostOffset(0));
          }}
        >
          Open in Hex Editor
        </button>
        <button
          type="button"
          class="button"
          title="Looks for tables by their contents, where the header is damaged or gone"
          onClick={() => {
            store.actions.openAsIf();
          }}
        >
          Open as if…
        </button>
        {!foreign && (
          <section class="empty-tree" aria-label="What the header says">
            {tree}
          </section>
        )}
      </div>
    </main>
  );
}
