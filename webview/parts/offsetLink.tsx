import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import { hex } from '../../src/core/bytes.js';
import { clusterOf, type HostOffset } from '../../src/core/units.js';

/** Shows the cluster that a host offset lies in on the map, beside what is being read. */
export function showOffset(store: Store, offset: HostOffset): void {
  const cluster = clusterOf(offset, store);
  if (store.selection.has(cluster)) {
    store.selection.goTo(cluster);
  } else if (!store.map && inFile(store, offset)) {
    store.actions.openHex(offset);
  }
}

/** Whether there is anything to show at a host offset. */
export const inFile = (store: Store, offset: HostOffset): boolean =>
  offset < (store.facts.value?.fileSize ?? 0);

interface Props {
  readonly store: Store;
  readonly offset: HostOffset;
}

/** A host offset that leads to its cluster on the map; without a map, into the hex editor. */
export function OffsetLink({ store, offset }: Props): JSX.Element {
  if (!inFile(store, offset)) return <span class="mono">{hex(offset)}</span>;
  return (
    <button
      type="button"
      class="link mono"
      title={store.geometry.value ? 'Show this cluster on the map' : 'Open here in the hex editor'}
      onClick={() => {
        showOffset(store, offset);
      }}
    >
      {hex(offset)}
    </button>
  );
}
