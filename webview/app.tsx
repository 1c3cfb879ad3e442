import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Banners } from './frame/banners.js';
import { Failed } from './frame/emptyStates.js';
import { openKeySheetByKey } from './frame/keySheetKey.js';
import { Maps } from './frame/maps.js';
import { SidePane } from './frame/sidePane.js';
import { LaterKeySheet, LaterLegend, LaterStrip, LaterUnreadable } from './frame/laterPane.js';
import { Summary } from './frame/summary.js';
import { Toolbar } from './frame/toolbar.js';
import { useNarrow } from './frame/useNarrow.js';
import type { Store } from './state/store.js';

/** The whole editor. */
export function App({ store }: { readonly store: Store }): JSX.Element {
  useEffect(() => openKeySheetByKey(store), [store]);
  const isNarrow = useNarrow();
  const failure = store.failure.value;
  const facts = store.facts.value;
  if (failure !== undefined) {
    return (
      <div class="editor">
        {facts && (
          <header>
            <Summary store={store} />
          </header>
        )}
        <Failed store={store} message={failure} />
      </div>
    );
  }
  if (facts && !facts.geometry) {
    return (
      <div class="editor">
        <header>
          <Summary store={store} />
        </header>
        <LaterUnreadable store={store} facts={facts} />
      </div>
    );
  }
  return (
    <div class="editor">
      <header>
        <Summary store={store} />
        <Toolbar store={store} />
        <Banners store={store} />
      </header>
      <div class="body">
        {!store.beside.value && <LaterStrip store={store} />}
        <Maps store={store} />
        {isNarrow && <LaterLegend store={store} />}
        <SidePane store={store} />
        {!isNarrow && <LaterLegend store={store} />}
      </div>
      <LaterKeySheet store={store} />
    </div>
  );
}
