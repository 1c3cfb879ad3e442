import type { JSX } from 'preact';
import { LAYER_TEXT } from '../text/layerText.js';
import type { Store } from '../state/store.js';
import { Icon } from '../parts/icon.js';
import { clean } from '../../src/core/text.js';

/** How far the scan is, while it runs; a way to take it up again, when it was cancelled. */
export function Progress({ store }: { readonly store: Store }): JSX.Element {
  const scan = store.scan.value;
  switch (scan.state) {
    case 'scanning':
      return (
        <div class="progress">
          <span class="phase">{scan.phase ? `Reading ${scan.phase}` : 'Opening'}</span>
          <progress aria-label="Scan" max={1} value={scan.done} />
          <button
            type="button"
            class="link"
            onClick={() => {
              store.actions.cancelScan();
            }}
          >
            Cancel
          </button>
        </div>
      );
    case 'cancelled':
      return (
        <div class="progress" role="status">
          <Icon name="circle-slash" />
          <span>Scan cancelled: the map is incomplete</span>
          <button
            type="button"
            class="link"
            onClick={() => {
              store.actions.reload();
            }}
          >
            Rescan
          </button>
        </div>
      );
    case 'scanned':
      return <PictureProgress store={store} />;
  }
}

/** The same of a picture that must be computed. */
function PictureProgress({ store }: { readonly store: Store }): JSX.Element {
  const { chosen, computing, failure } = store.pictures;
  const { layer } = chosen.value;
  if (failure.value !== undefined)
    return (
      <div class="progress" role="status" title={failure.value}>
        <Icon name="warning" />
        <span class="phase">
          {LAYER_TEXT[layer].text}: {clean(failure.value)}
        </span>
      </div>
    );
  if (computing.value === undefined) return <div class="progress" />;
  return (
    <div class="progress">
      <span class="phase">Computing {LAYER_TEXT[layer].text.toLowerCase()}</span>
      <progress aria-label="Picture" max={1} value={computing.value} />
    </div>
  );
}
