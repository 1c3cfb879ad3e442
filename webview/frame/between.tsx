import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Store } from '../state/store.js';
import { Ribbons, untold } from '../strip/ribbons.js';
import { plural } from '../text/text.js';
import { Strip } from './strip.js';

/** What stands between the two maps: the strip of each, and ribbons from the one to the other. */
export function Between({ store }: { readonly store: Store }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!root.current) return undefined;
    const ribbons = new Ribbons(root.current, store);
    return () => {
      ribbons.dispose();
    };
  }, [store]);
  const more = untold(store.links.mapped) + untold(store.links.range);
  return (
    <div class="between">
      <Strip store={store} side={store} stands="left" />
      <div class="ribbons">
        <div ref={root} class="ribbons-canvas" />
        {more > 0 && <p class="untold">and {plural(more, 'shorter run')}</p>}
      </div>
      <Strip store={store} side={store.guestSide} stands="right" />
    </div>
  );
}
