import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Heatmap } from '../heatmap/heatmap.js';
import { handleKey, listenToPointer } from '../heatmap/input.js';
import type { View } from '../../src/core/picture/layer.js';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { VIEW_TEXT } from '../text/layerText.js';
import { LaterTooltip, loadPanes } from './laterPane.js';

const HELP: Readonly<Record<View, string>> = {
  host: 'Map of host clusters. The tab Ranges says the same as a table.',
  guest: 'Map of guest clusters.',
};
const KEYS =
  'Arrow keys move a cell cursor, with Shift they select a range, plus and minus zoom, 0 fits, Enter shows details, N finds the next of the same, M marks what a table refers to, W shows or hides overlap windows and opens their tab.';
/** What the context menu of VS Code goes by: a click on the map selects what the commands act on. */
const CONTEXT = JSON.stringify({
  webviewSection: 'map',
  preventDefaultContextMenuItems: true,
  'qcow2.hasSelection': true,
});

interface Props {
  readonly store: Store;
  readonly side: MapSide;
  /** Said above it, where there are two. */
  readonly title: string | undefined;
}

/** Milliseconds until the strip and the side panes are fetched. */
const PANES_AFTER = 100;

/** The heatmap with what surrounds its canvases: keys, tooltip, live region. */
export function ClusterMapView({ store, side, title }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return undefined;
    const element = root.current;
    const heatmap = new Heatmap(element, store, side);
    const stopListening = listenToPointer(element, heatmap);
    const onKey = (event: KeyboardEvent): void => {
      const isUsed =
        handleKey(event, heatmap, () => {
          escape(store, side);
        }) || handleNavigationKey(event, store);
      if (isUsed) event.preventDefault();
    };
    element.addEventListener('keydown', onKey);
    side.map = {
      show: (cluster, view) => {
        heatmap.reveal(cluster, view);
      },
      lookAt: (cluster) => {
        heatmap.lookAt(cluster);
      },
      showRange: (range) => {
        heatmap.showRange(range);
      },
      preview: (cluster) => {
        heatmap.preview(cluster);
      },
      picture: async (format) => {
        const { pictureOf } = await import('../export/picture.js');
        return pictureOf(store, side, heatmap, format);
      },
      run: (command) => {
        switch (command) {
          case 'zoomIn':
            heatmap.zoomStep(1);
            break;
          case 'zoomOut':
            heatmap.zoomStep(-1);
            break;
          case 'fit':
            heatmap.fit();
            break;
        }
      },
    };
    // Before somebody asks for them, and after what everybody sees.
    const later = setTimeout(() => void loadPanes(), PANES_AFTER);
    return () => {
      clearTimeout(later);
      side.map = undefined;
      stopListening();
      element.removeEventListener('keydown', onKey);
      heatmap.dispose();
    };
  }, [store, side]);
  const { view, layer } = side.pictures.shown.value;
  return (
    <section class="map" data-view={view} data-layer={layer} aria-label={VIEW_TEXT[view].text}>
      {title !== undefined && <MapTitle view={view} text={title} />}
      <div
        ref={root}
        class="heatmap"
        role="application"
        tabIndex={0}
        aria-label={`${HELP[view]} ${KEYS}`}
        data-vscode-context={CONTEXT}
        onFocus={() => {
          store.usedSide.value = side;
        }}
      />
      <LaterTooltip store={store} side={side} />
    </section>
  );
}

const MapTitle = ({ view, text }: { readonly view: View; readonly text: string }): JSX.Element => (
  <h2 class="map-title">
    {VIEW_TEXT[view].text} <span class="dim">{text}</span>
  </h2>
);

/** The keys that need no map: search, back and forward are commands of VS Code with keys of their own. */
function handleNavigationKey(event: KeyboardEvent, { navigation }: Store): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case 'n':
      navigation.search({ target: undefined, direction: 1 });
      return true;
    case 'N':
    case 'p':
      navigation.search({ target: undefined, direction: -1 });
      return true;
    case 'm':
      void navigation.showMapped();
      return true;
    default:
      return false;
  }
}

/** Gives up the nearest thing first: what a table maps, the isolated kind, then the selection. */
function escape(store: Store, side: MapSide): void {
  if (store.mapped.pinned) store.navigation.endMapped();
  else if (side.isolated.value !== undefined) side.isolated.value = undefined;
  else if (store.range.range.value) store.selectRange(undefined);
  else store.selectOnMap(undefined);
}

/** What a command has to say, for a while. The live region has said it already. */
export function Note({ store }: { readonly store: Store }): JSX.Element | null {
  const note = store.navigation.note.value;
  return note === undefined ? null : (
    <div class="note" aria-hidden="true">
      {note}
    </div>
  );
}
