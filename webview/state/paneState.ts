import type { Store } from './store.js';

/**
 * A pane's own state, which only that pane knows: made when it is first shown, and kept with the
 * editor's, so that it survives a change of tabs.
 *
 *     const treeOf = paneState((store) => new OpenTree(store));
 */
export function paneState<T>(create: (store: Store) => T): (store: Store) => T {
  const made = new WeakMap<Store, { readonly state: T }>();
  return (store) => {
    const known = made.get(store) ?? { state: create(store) };
    made.set(store, known);
    return known.state;
  };
}
