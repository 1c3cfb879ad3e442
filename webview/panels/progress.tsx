import type { JSX } from 'preact';
import type { Store } from '../store.js';
import { Icon } from './icon.js';

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
              store.cancelScan();
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
              store.reload();
            }}
          >
            Rescan
          </button>
        </div>
      );
    case 'scanned':
      return <div class="progress" />;
  }
}
