import type { JSX } from 'preact';
import { useSignal } from '@preact/signals';
import type { Store } from '../state/store.js';
import { plural } from '../text/text.js';
import { Icon, IconButton } from '../parts/icon.js';
import { LaterAssumed } from './laterPane.js';
import { ProblemList } from '../parts/problemList.js';
import type { ImageFacts } from '../../src/core/qcow2/facts.js';

/** What the user should know before looking at the map. */
export function Banners({ store }: { readonly store: Store }): JSX.Element {
  const facts = store.facts.value;
  return (
    <>
      <Changed store={store} />
      {facts?.assumed !== undefined && <LaterAssumed store={store} />}
      {facts && facts.problems.length > 0 && (
        <Problems key={facts.problems.length} facts={facts} store={store} />
      )}
    </>
  );
}

/** Stays until the file is read again: nothing that is shown can be relied on. */
function Changed({ store }: { readonly store: Store }): JSX.Element | null {
  const { changed, use } = store.file.value;
  if (changed === 'no') return null;
  return (
    <div class="banner error" role="alert" data-changed={changed}>
      <Icon name="error" />
      <span class="banner-text">
        <strong>
          {changed === 'during-scan'
            ? 'The file changed while it was read: what is shown may be wrong.'
            : 'The file has changed since it was read: what is shown is out of date.'}
        </strong>
        {use === 'writing' &&
          ' Another process has it open for writing and may go on to change it.'}
      </span>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.actions.reload();
        }}
      >
        Read again
      </button>
    </div>
  );
}

interface ProblemsProps {
  readonly facts: ImageFacts;
  readonly store: Store;
}

function Problems({ facts, store }: ProblemsProps): JSX.Element | null {
  const dismissed = useSignal(false);
  if (dismissed.value) return null;
  return (
    <section class="banner warning" aria-label="Problems">
      <Icon name="warning" />
      <details class="banner-text">
        <summary>
          <Icon name="chevron-right" />
          {plural(facts.problems.length, 'problem')} with this image: {facts.problems[0].message}
        </summary>
        <ProblemList problems={facts.problems} store={store} />
      </details>
      <IconButton
        icon="close"
        label="Dismiss"
        onClick={() => {
          dismissed.value = true;
        }}
      />
    </section>
  );
}
