import type { JSX } from 'preact';
import { LAYERS, VIEWS } from '../../src/core/picture/layer.js';
import { LAYER_TEXT, VIEW_TEXT } from '../text/layerText.js';
import type { Store } from '../state/store.js';

/** What the cells of the map are. */
export function ViewSegments({ store }: { readonly store: Store }): JSX.Element {
  const { view: chosen } = store.pictures.chosen.value;
  return (
    <div class="segments views" role="group" aria-label="View">
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          title={VIEW_TEXT[view].title}
          data-view={view}
          aria-pressed={view === chosen}
          onClick={() => {
            store.pictures.choose({ view });
          }}
        >
          {VIEW_TEXT[view].text}
        </button>
      ))}
    </div>
  );
}

/** What is shown of them: segments where there is room, a menu where there is none. */
export function LayerChooser({ store }: { readonly store: Store }): JSX.Element {
  const { layer: chosen } = store.pictures.chosen.value;
  const layers = store.layers.value;
  return (
    <>
      <div class="segments layers" role="group" aria-label="Layer">
        {layers.map((layer) => (
          <button
            key={layer}
            type="button"
            title={LAYER_TEXT[layer].title}
            data-layer={layer}
            aria-pressed={layer === chosen}
            onClick={() => {
              store.pictures.choose({ layer });
            }}
          >
            {LAYER_TEXT[layer].text}
          </button>
        ))}
      </div>
      <select
        class="layer-menu dropdown"
        aria-label="Layer"
        title={LAYER_TEXT[chosen].title}
        value={chosen}
        onChange={({ currentTarget }) => {
          const layer = LAYERS.find((each) => each === currentTarget.value);
          if (layer) store.pictures.choose({ layer });
        }}
      >
        {layers.map((layer) => (
          <option key={layer} value={layer}>
            {LAYER_TEXT[layer].text}
          </option>
        ))}
      </select>
    </>
  );
}
