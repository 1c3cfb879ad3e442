import { signal } from '@preact/signals';
import type { HostOffset } from '../../src/core/units.js';
import { paneState } from './paneState.js';
import type { Store } from './store.js';

/** Of which byte somebody wants to know in the tree what it is; undefined once the tree has heard. */
export const treeWishOf = paneState(() => signal<HostOffset | undefined>(undefined));

/** Shows in the Structures pane what has the byte at an offset. */
export function showInTree(store: Store, offset: HostOffset): void {
  treeWishOf(store).value = offset;
  store.showTab('tree');
}
