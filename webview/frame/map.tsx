import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Heatmap } from '../heatmap/heatmap.js';
import { handleKey, listenToPointer } from '../heatmap/input.js';
import type { View } from '../../src/core/picture/layer.js';
import { describePlace } from '../heatmap/place.js';
import { markAt } from '../heatmap/marks/simulationMarks.js';
import { markText } from '../text/touchText.js';
import { mappedText } from '../state/referredTo.js';
import type { Store } from '../state/store.js';
import { loadPanes } from './laterPane.js';
import { describeWindowOf } from '../text/windowText.js';

const HELP: Readonly<Record<View, string>> = {
  host: 'Map of host clusters. The tab Ranges says the same as a table.',
  guest: 'Map of guest clusters.',
};
const KEYS =
  'Arrow keys move a cell cursor, plus and minus zoom, 0 fits, Enter shows details, N finds the next of the same, M marks what a table refers to, W shows or hides overlap windows and opens their tab.';
/** What the context menu of VS Code goes by: a click on the map selects what the commands act on. */
const CONTEXT = JSON.stringify({
  webviewSection: 'map',
  preventDefaultContextMenuItems: true,
  'qcow2.hasSelection': true,
});

/** Milliseconds until the strip and the side panes are fetched. */
const PANES_AFTER = 100;

/** The heatmap with what surrounds its canvases: keys, tooltip, live region. */
export function ClusterMapView({ store }: { readonly store: Store }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return undefined;
    const element = root.current;
    const heatmap = new Heatmap(element, store);
    const stopListening = listenToPointer(element, heatmap);
    const onKey = (event: KeyboardEvent): void => {
      const isUsed =
        handleKey(event, heatmap, () => {
          escape(store);
        }) || handleNavigationKey(event, store);
      if (isUsed) event.preventDefault();
    };
    element.addEventListener('keydown', onKey);
    store.map = {
      reveal: (cluster, view) => {
        heatmap.reveal(cluster, view);
      },
      lookAt: (cluster) => {
        heatmap.lookAt(cluster);
      },
      preview: (cluster) => {
        heatmap.preview(cluster);
      },
      picture: async (format) => {
        const { pictureOf } = await import('../export/picture.js');
        return pictureOf(store, heatmap, format);
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
      store.map = undefined;
      stopListening();
      element.removeEventListener('keydown', onKey);
      heatmap.dispose();
    };
  }, [store]);
  const { view, layer } = store.pictures.shown.value;
  return (
    <main class="map" data-view={view} data-layer={layer}>
      <div
        ref={root}
        class="heatmap"
        role="application"
        tabIndex={0}
        aria-label={`${HELP[view]} ${KEYS}`}
        data-vscode-context={CONTEXT}
      />
      <Tooltip store={store} />
      <Note store={store} />
      <div class="live" role="status" aria-live="polite">
        {store.spoken.value}
      </div>
    </main>
  );
}

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
function escape(store: Store): void {
  if (store.mapped.pinned) store.navigation.endMapped();
  else if (store.isolated.value !== undefined) store.isolated.value = undefined;
  else store.selectOnMap(undefined);
}

function Tooltip({ store }: { readonly store: Store }): JSX.Element | null {
  const pointed = store.pointed.value;
  if (!pointed) return null;
  const { place, cluster, x, y, room } = pointed;
  const isFile = place.picture.view === 'host';
  const marks = isFile ? store.simulation.onMap.value : undefined;
  const mark = markAt(marks ?? [], place.cluster, place.clusters);
  const window = isFile ? describeWindowOf(store.windows.value, cluster) : undefined;
  const mapped = store.mapped.shown.value;
  const side = `tooltip ${room.left ? 'left' : 'right'} ${room.below ? 'below' : 'above'}`;
  return (
    <div class={side} style={{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` }}>
      <span class={place.trouble === 0 ? 'tooltip-text' : 'tooltip-text trouble'}>
        {describePlace(place, store.clusterSize, store.pictures.names.value)}
        {mark && ` · ${markText(mark)}`}
        {window !== undefined && <span class="tooltip-window">{window}</span>}
        {mapped?.cluster === place.cluster && (
          <span class="tooltip-mapped">{mappedText(mapped.mapped)}</span>
        )}
      </span>
    </div>
  );
}

/** What a command has to say, for a while. The live region has said it already. */
function Note({ store }: { readonly store: Store }): JSX.Element | null {
  const note = store.navigation.note.value;
  return note === undefined ? null : (
    <div class="note" aria-hidden="true">
      {note}
    </div>
  );
}
