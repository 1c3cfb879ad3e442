import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Heatmap } from '../heatmap/heatmap.js';
import { handleKey, listenToPointer } from '../heatmap/input.js';
import { describePlace } from '../heatmap/place.js';
import type { Store } from '../store.js';
import { describeWindowOf } from '../windowText.js';

const HELP =
  'Map of host clusters. Arrow keys move a cell cursor, plus and minus zoom, 0 fits, Enter shows details, W shows or hides overlap windows.';

/** The heatmap with what surrounds its canvases: keys, tooltip, live region. */
export function ClusterMapView({ store }: { readonly store: Store }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return undefined;
    const element = root.current;
    const heatmap = new Heatmap(element, store);
    const stopListening = listenToPointer(element, heatmap);
    const onKey = (event: KeyboardEvent): void => {
      if (
        handleKey(event, heatmap, () => {
          escape(store);
        })
      )
        event.preventDefault();
    };
    element.addEventListener('keydown', onKey);
    store.map = {
      reveal: (cluster) => {
        heatmap.reveal(cluster);
      },
      lookAt: (cluster) => {
        heatmap.lookAt(cluster);
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
    return () => {
      store.map = undefined;
      stopListening();
      element.removeEventListener('keydown', onKey);
      heatmap.dispose();
    };
  }, [store]);
  return (
    <main class="map">
      <div ref={root} class="heatmap" role="application" tabIndex={0} aria-label={HELP} />
      <Tooltip store={store} />
      <div class="live" role="status" aria-live="polite">
        {store.spoken.value}
      </div>
    </main>
  );
}

/** Gives up the nearest thing first: the isolated kind, then the selection. */
function escape(store: Store): void {
  if (store.isolated.value !== undefined) store.isolated.value = undefined;
  else store.selectOnMap(undefined);
}

function Tooltip({ store }: { readonly store: Store }): JSX.Element | null {
  const pointed = store.pointed.value;
  if (!pointed) return null;
  const { place, cluster, x, y, room } = pointed;
  const window = describeWindowOf(store.windows.value, cluster);
  const side = `tooltip ${room.left ? 'left' : 'right'} ${room.below ? 'below' : 'above'}`;
  return (
    <div class={side} style={{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` }}>
      <span class={place.trouble === 0 ? 'tooltip-text' : 'tooltip-text trouble'}>
        {describePlace(place, store.clusterSize)}
        {window !== undefined && <span class="tooltip-window">{window}</span>}
      </span>
    </div>
  );
}
