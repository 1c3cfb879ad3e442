import type { JSX } from 'preact';
import type { Store } from '../state/store.js';
import type { MapCommand } from '../../src/protocol/webviewMessages.js';
import { IconButton } from '../parts/icon.js';
import { Roving } from '../parts/roving.js';
import { LayerChooser, ViewSegments } from './pictureChooser.js';
import { Progress } from './progress.js';
import type { CurveName } from '../../src/core/picture/curve.js';

const CURVES: readonly {
  readonly curve: CurveName;
  readonly text: string;
  readonly title: string;
}[] = [
  {
    curve: 'hilbert',
    text: 'Hilbert',
    title: 'Hilbert curve: neighbours in the file stay neighbours',
  },
  { curve: 'rows', text: 'Rows', title: 'Row after row, from left to right' },
];

/** What one can do with the map. */
export function Toolbar({ store }: { readonly store: Store }): JSX.Element {
  const chosen = store.settings.value?.curve;
  const { open } = store.pane.value;
  const isDrawn = store.isDrawn.value;
  const run = (command: MapCommand): void => {
    store.usedSide.value.map?.run(command);
  };
  return (
    <div class="toolbar" role="toolbar" aria-label="Map">
      <ViewSegments store={store} />
      <LayerChooser store={store} />
      <Roving class="segments" label="Curve">
        {CURVES.map(({ curve, text, title }) => (
          <button
            key={curve}
            type="button"
            title={title}
            data-curve={curve}
            aria-pressed={curve === chosen}
            disabled={!isDrawn}
            onClick={() => {
              store.actions.setCurve(curve);
            }}
          >
            {text}
          </button>
        ))}
      </Roving>
      {store.windows.isOpen.value && (
        <div class="segments">
          <button
            type="button"
            title="Overlap windows: 4096 clusters each, as the cache has them (W)"
            data-toggle="windows"
            aria-pressed={store.overlap.areWindowsShown.value}
            disabled={!isDrawn || store.pictures.chosen.value.view === 'guest'}
            onClick={() => {
              store.windows.toggle();
            }}
          >
            Windows
          </button>
        </div>
      )}
      <Roving class="zoom" label="Density and zoom">
        <IconButton
          icon="color-mode"
          label="Density: how much of a cell is allocated"
          pressed={store.density.value}
          disabled={!isDrawn}
          onClick={() => {
            store.density.value = !store.density.value;
          }}
        />
        <IconButton
          icon="zoom-out"
          label="Zoom out (−)"
          disabled={!isDrawn}
          onClick={() => {
            run('zoomOut');
          }}
        />
        <span class="zoom-label" title="Relative to the fitted picture">
          {zoomText(store.usedSide.value.zoom.value)}
        </span>
        <IconButton
          icon="zoom-in"
          label="Zoom in (+)"
          disabled={!isDrawn}
          onClick={() => {
            run('zoomIn');
          }}
        />
        <IconButton
          icon="screen-full"
          label="Fit the picture (0)"
          disabled={!isDrawn}
          onClick={() => {
            run('fit');
          }}
        />
      </Roving>
      <Progress store={store} />
      <Roving class="at-end" label="Keys and side pane">
        <IconButton
          icon="question"
          label="Keys (?)"
          onClick={() => {
            store.isKeySheetOpen.value = true;
          }}
        />
        <IconButton
          icon={open ? 'layout-sidebar-right' : 'layout-sidebar-right-off'}
          label={open ? 'Hide the side pane' : 'Show the side pane'}
          pressed={open}
          onClick={() => {
            store.togglePane();
          }}
        />
      </Roving>
    </div>
  );
}

const zoomText = (zoom: number): string =>
  `${zoom < 10 ? Number(zoom.toFixed(1)).toString() : Math.round(zoom).toString()}×`;
