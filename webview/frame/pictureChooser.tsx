import type { JSX } from 'preact';
import { LAYERS, VIEWS } from '../../src/core/picture/layer.js';
import { Roving } from '../parts/roving.js';
import type { Store } from '../state/store.js';
import { BESIDE_TEXT, LAYER_TEXT, VIEW_TEXT } from '../text/layerText.js';

const LOOKS = [...VIEWS, 'beside'] as const;

/** What the cells of the map are; or both, side by side. */
export function ViewSegments({ store }: { readonly store: Store }): JSX.Element {
  const { view } = store.pictures.chosen.value;
  const chosen = store.beside.value ? 'beside' : view;
  return (
    <Roving class="segments views" label="View">
      {LOOKS.map((look) => {
        const { text, title } = look === 'beside' ? BESIDE_TEXT : VIEW_TEXT[look];
        return (
          <button
            key={look}
            type="button"
            title={title}
            data-view={look}
            aria-pressed={look === chosen}
            disabled={!store.isDrawn.value}
            onClick={() => {
              store.look(look);
            }}
          >
            {text}
          </button>
        );
      })}
    </Roving>
  );
}

/** What is shown of them. */
export function LayerChooser({ store }: { readonly store: Store }): JSX.Element {
  const { layer: chosen } = store.pictures.chosen.value;
  return (
    <label class="layer-chooser">
      <span class="dim">Layer</span>
      <select
        class="layer-menu dropdown"
        title={LAYER_TEXT[chosen].title}
        value={chosen}
        disabled={!store.isDrawn.value}
        onChange={({ currentTarget }) => {
          const layer = LAYERS.find((each) => each === currentTarget.value);
          if (layer) store.pictures.choose({ layer });
        }}
      >
        {store.layers.value.map((layer) => (
          <option key={layer} value={layer}>
            {LAYER_TEXT[layer].text}
          </option>
        ))}
      </select>
    </label>
  );
}
