import type { JSX } from 'preact';
import { LaterBetween } from './laterPane.js';
import { ClusterMapView, Note } from './map.js';
import type { Store } from '../state/store.js';
import { size } from '../text/text.js';

/** The map; or that of the file and that of the disk, with what links them between. */
export function Maps({ store }: { readonly store: Store }): JSX.Element {
  const beside = store.beside.value;
  const { clusterSize } = store;
  const file = `${size(store.clusters.value * clusterSize)}, where it lies`;
  const disk = `${size(store.guestClusters * clusterSize)}, what the VM sees`;
  return (
    <main
      class={['maps', beside && 'beside', !store.isDrawn.value && 'blank']
        .filter(Boolean)
        .join(' ')}
      aria-busy={!store.isDrawn.value}
    >
      <ClusterMapView store={store} side={store} title={beside ? file : undefined} />
      {beside && <LaterBetween store={store} />}
      {beside && <GuestMap store={store} title={disk} />}
      <Note store={store} />
      <div class="live" role="status" aria-live="polite">
        {store.spoken.value}
      </div>
    </main>
  );
}

/** There is nothing to be drawn of the disk before its picture is there. */
function GuestMap({
  store,
  title,
}: {
  readonly store: Store;
  readonly title: string;
}): JSX.Element {
  const { known, failure } = store.guestSide.pictures;
  if (known.value) return <ClusterMapView store={store} side={store.guestSide} title={title} />;
  return (
    <section class="map" data-view="guest" aria-label="Guest disk" aria-busy={!failure.value}>
      <h2 class="map-title">
        Guest disk <span class="dim">{failure.value ?? 'is being read'}</span>
      </h2>
    </section>
  );
}
