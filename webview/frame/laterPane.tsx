import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Store } from '../state/store.js';
import type * as KeySheets from './keySheet.js';
import type * as Panes from './panes.js';
import type { Tab } from '../state/viewState.js';
import { messageOf } from '../../src/core/text.js';

type Loaded =
  | { readonly state: 'no' | 'loading' }
  | { readonly state: 'yes'; readonly panes: typeof Panes }
  | { readonly state: 'failed'; readonly error: string };

const loaded = signal<Loaded>({ state: 'no' });

/** Fetches the panes, once, unless that failed before. */
export async function loadPanes(): Promise<void> {
  const { state } = loaded.peek();
  if (state === 'loading' || state === 'yes') return;
  loaded.value = { state: 'loading' };
  loaded.value = await import('./panes.js').then(
    (panes): Loaded => ({ state: 'yes', panes }),
    (error: unknown): Loaded => ({ state: 'failed', error: messageOf(error) }),
  );
}

interface Props {
  readonly tab: Tab;
  readonly store: Store;
}

/** The strip of the whole file; its place is kept free until then. */
export function LaterStrip({ store }: { readonly store: Store }): JSX.Element {
  const now = loaded.value;
  return now.state === 'yes' ? (
    <now.panes.Strip store={store} side={store} stands="alone" />
  ) : (
    <aside class="strip-frame alone blank">
      <div class="strip" />
    </aside>
  );
}

/** What stands between two maps; the same. */
export function LaterBetween({ store }: { readonly store: Store }): JSX.Element {
  useEffect(() => {
    void loadPanes();
  }, []);
  const now = loaded.value;
  return now.state === 'yes' ? <now.panes.Between store={store} /> : <div class="between" />;
}

/** A pane as soon as it has been fetched. */
export function LaterPane({ tab, store }: Props): JSX.Element {
  useEffect(() => {
    void loadPanes();
  }, [tab]);
  const now = loaded.value;
  switch (now.state) {
    case 'yes':
      return <now.panes.Pane tab={tab} store={store} />;
    case 'failed':
      return <p class="hint">This pane cannot be fetched: {now.error}</p>;
    case 'no':
    case 'loading':
      return <p class="hint" aria-busy="true" />;
  }
}

const keySheet = signal<typeof KeySheets | undefined>(undefined);

/** The keys, once somebody asks for them. */
export function LaterKeySheet({ store }: { readonly store: Store }): JSX.Element | null {
  const isOpen = store.isKeySheetOpen.value;
  useEffect(() => {
    if (isOpen && !keySheet.peek())
      void import('./keySheet.js').then((module) => {
        keySheet.value = module;
      });
  }, [isOpen]);
  const now = keySheet.value;
  return isOpen && now ? <now.KeySheet store={store} /> : null;
}
