import type { JSX } from 'preact';
import { hex } from '../../src/core/bytes.js';
import { markAt } from '../heatmap/marks/markAt.js';
import { describePlace } from '../heatmap/place.js';
import type { MapSide } from '../state/mapSide.js';
import { mappedText } from '../state/referredTo.js';
import type { Store } from '../state/store.js';
import { markText } from '../text/touchText.js';
import { describeWindowOf } from '../text/windowText.js';

interface Props {
  readonly store: Store;
  readonly side: MapSide;
}

/** What is under the pointer. */
export function Tooltip({ store, side }: Props): JSX.Element | null {
  const pointed = side.pointed.value;
  if (!pointed) return null;
  const { place, cluster, x, y, room } = pointed;
  const isFile = place.picture.view === 'host';
  const marks = isFile ? store.simulation.onMap.value : undefined;
  const mark = markAt(marks ?? [], place.cluster, place.clusters);
  const window = isFile ? describeWindowOf(store.windows.shown.value, cluster) : undefined;
  const mapped = store.mapped.shown.value;
  const linked = store.beside.value ? store.links.table.value : undefined;
  const where = `tooltip ${room.left ? 'left' : 'right'} ${room.below ? 'below' : 'above'}`;
  return (
    <div class={where} style={{ transform: `translate(${Math.round(x)}px, ${Math.round(y)}px)` }}>
      <span class={place.trouble === 0 ? 'tooltip-text' : 'tooltip-text trouble'}>
        {describePlace(place, store.clusterSize, side.pictures.names.value)}
        {mark && ` · ${markText(mark)}`}
        {window !== undefined && <span class="tooltip-window">{window}</span>}
        {isFile && mapped?.cluster === place.cluster && (
          <span class="tooltip-mapped">{mappedText(mapped.mapped)}</span>
        )}
        {isFile && linked?.table === place.cluster && (
          <span class="tooltip-mapped">
            maps guest {hex(linked.guest.first * store.clusterSize)} to{' '}
            {hex(linked.guest.end * store.clusterSize - 1)}
          </span>
        )}
      </span>
    </div>
  );
}
