import { signal } from '@preact/signals';
import type { HostOffset } from '../../src/core/units.js';
import { clusterOf } from '../../src/core/units.js';
import { paneState } from './paneState.js';
import type { Store } from './store.js';

/** Whether one looks at the bytes of the selected cluster, and at which of them. */
export const peekOf = paneState(() => ({
  isOpen: signal(false),
  /** Where one looks; counts only while its cluster is selected. */
  at: signal<HostOffset | undefined>(undefined),
}));

/** Shows the bytes at an offset in the Cluster pane. */
export function peekAt(store: Store, offset: HostOffset): void {
  const peek = peekOf(store);
  peek.isOpen.value = true;
  peek.at.value = offset;
  store.selection.reveal(clusterOf(offset, store));
}
