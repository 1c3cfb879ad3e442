import type { JSX } from 'preact';
import { useSignal } from '@preact/signals';
import type { ImageFacts } from '../../src/protocol/imageService.js';
import type { Store } from '../store.js';
import { plural } from '../text.js';
import { Icon, IconButton } from './icon.js';
import { ProblemList } from './problemList.js';

/** What the user should know before looking at the map. */
export function Banners({ store }: { readonly store: Store }): JSX.Element {
  const facts = store.facts.value;
  return (
    <>
      {store.changedOnDisk.value && <ChangedOnDisk store={store} />}
      {facts && facts.problems.length > 0 && (
        <Problems key={facts.problems.length} facts={facts} store={store} />
      )}
    </>
  );
}

function ChangedOnDisk({ store }: { readonly store: Store }): JSX.Element {
  return (
    <div class="banner info" role="status">
      <Icon name="info" />
      <span class="banner-text">The file has changed on disk since it was read.</span>
      <button
        type="button"
        class="button"
        onClick={() => {
          store.reload();
        }}
      >
        Reload
      </button>
      <IconButton
        icon="close"
        label="Dismiss"
        onClick={() => {
          store.changedOnDisk.value = false;
        }}
      />
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
