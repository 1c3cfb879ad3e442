import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ImageFacts } from '../../src/core/qcow2/facts.js';
import type { Store } from '../state/store.js';
import { Later } from '../state/later.js';
import { Waiting } from './waiting.js';
import type { MapSide } from '../state/mapSide.js';
import type { Tab } from '../state/viewState.js';

let style: Promise<void> | undefined;

/** The styles of all that is fetched later; the page tells where they are. */
function laterStyle(): Promise<void> {
  style ??= new Promise((resolve) => {
    const { laterStyle: href } = document.body.dataset;
    if (href === undefined) {
      resolve();
      return;
    }
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    // Without them a pane is plain, but there.
    link.onload = link.onerror = () => {
      resolve();
    };
    document.head.append(link);
  });
  return style;
}

const panes = new Later(async () => {
  const [module] = await Promise.all([import('./panes.js'), laterStyle()]);
  return module;
});

/** Fetches the panes, unless they are there or on their way. */
export const loadPanes = (): Promise<void> => panes.load();

interface Props {
  readonly tab: Tab;
  readonly store: Store;
}

/** The strip of the whole file; its place is kept free until then. */
export function LaterStrip({ store }: { readonly store: Store }): JSX.Element {
  return panes.known ? (
    <panes.known.Strip store={store} side={store} stands="alone" />
  ) : (
    <aside class="strip-frame alone blank">
      <div class="strip" />
    </aside>
  );
}

/** The legend; the same. */
export function LaterLegend({ store }: { readonly store: Store }): JSX.Element {
  return panes.known ? <panes.known.Legend store={store} /> : <footer class="legend" />;
}

/** What is under the pointer; nothing until then. */
export const LaterTooltip = (props: {
  readonly store: Store;
  readonly side: MapSide;
}): JSX.Element | null => (panes.known ? <panes.known.Tooltip {...props} /> : null);

/** What stands between two maps; the same. */
export function LaterBetween({ store }: { readonly store: Store }): JSX.Element {
  useEffect(() => void panes.load(), []);
  return panes.known ? <panes.known.Between store={store} /> : <div class="between" />;
}

/** The banner of what is assumed; nothing until then. */
export const LaterAssumed = ({ store }: { readonly store: Store }): JSX.Element | null =>
  panes.known ? <panes.known.Assumed store={store} /> : null;

/** The page of a header that cannot be understood. */
export function LaterUnreadable(props: {
  readonly store: Store;
  readonly facts: ImageFacts;
}): JSX.Element {
  useEffect(() => void panes.load(), []);
  if (panes.known)
    return (
      <panes.known.Unreadable
        {...props}
        tree={<panes.known.Pane tab="tree" store={props.store} />}
      />
    );
  return <Waiting failure={panes.failure.value} />;
}

/** A pane as soon as it has been fetched. */
export function LaterPane({ tab, store }: Props): JSX.Element {
  useEffect(() => void panes.load(), [tab]);
  if (panes.known) return <panes.known.Pane tab={tab} store={store} />;
  return <Waiting failure={panes.failure.value} />;
}

const keySheet = new Later(async () => {
  const [module] = await Promise.all([import('./keySheet.js'), laterStyle()]);
  return module;
});

/** The keys, once somebody asks for them. */
export function LaterKeySheet({ store }: { readonly store: Store }): JSX.Element | null {
  const isOpen = store.isKeySheetOpen.value;
  useEffect(() => {
    if (isOpen) void keySheet.load();
  }, [isOpen]);
  return isOpen && keySheet.known ? <keySheet.known.KeySheet store={store} /> : null;
}
