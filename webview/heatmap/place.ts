import {
  DOMINANT_MASK,
  OUTSIDE,
  troubleOfGlyph,
  valuesInMask,
} from '../../src/core/picture/tile.js';
import { valueText } from '../text/layerText.js';
import { count, TROUBLE_TEXT } from '../text/text.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import { tileOfCell, valueAt, type CellPlace } from './descend.js';
import type { TileStore } from './tiles/tileStore.js';
import type { HoverPlace } from '../state/hoverPlace.js';
import { hex } from '../../src/core/bytes.js';

/** What lies at a cell of the picture; undefined where there is no cluster. */
export function placeAt(store: TileStore, cell: CellPlace): HoverPlace | undefined {
  for (let level = cell.level; level <= store.top; level++) {
    const shift = 2 ** (level - cell.level);
    const at = { level, x: Math.floor(cell.x / shift), y: Math.floor(cell.y / shift) };
    const tile = store.get(tileOfCell(at));
    if (!tile) continue;
    const { glyph, mask } = valueAt(tile.cells, at.x, at.y);
    if ((glyph & DOMINANT_MASK) === OUTSIDE) return undefined;
    const cluster = firstCluster(store, at);
    if (cluster === undefined) return undefined;
    return {
      picture: store.picture,
      cluster,
      clusters: 4 ** level,
      values: valuesInMask(mask),
      trouble: troubleOfGlyph(glyph),
    };
  }
  const cluster = firstCluster(store, cell);
  return cluster === undefined
    ? undefined
    : {
        picture: store.picture,
        cluster,
        clusters: 4 ** cell.level,
        values: [],
        trouble: 0,
      };
}

/** The lowest cluster of a cell. It lies in a corner, on either curve. */
function firstCluster(store: TileStore, cell: CellPlace): number | undefined {
  const corners = cornersOf(store, cell);
  return corners.length > 0 ? Math.min(...corners) : undefined;
}

/** From the lowest cluster of a cell to the highest, which lies in a corner too; none past the end. */
export function stretchOfCell(store: TileStore, cell: CellPlace): Stretch | undefined {
  const first = firstCluster(store, cell);
  if (first === undefined) return undefined;
  const { curve } = store;
  const corners = cornersOf(store, cell);
  // Of a cell at the end of the picture, corners may lie past it.
  const last = corners.length < 4 ? curve.clusters - 1 : Math.max(...corners);
  return { first, end: Math.max(first, last) + 1 };
}

function cornersOf({ curve }: TileStore, { level, x, y }: CellPlace): number[] {
  const edge = 2 ** level;
  const [left, top] = [x * edge, y * edge];
  return [
    curve.cluster(left, top),
    curve.cluster(left + edge - 1, top),
    curve.cluster(left, top + edge - 1),
    curve.cluster(left + edge - 1, top + edge - 1),
  ].filter((cluster) => cluster !== undefined);
}

/** One line for the eye: "cluster 20,512 · 0x50200000 · active L2". */
export function describePlace(
  place: HoverPlace,
  clusterSize: number,
  names: readonly string[],
): string {
  const { picture, cluster, clusters, trouble } = place;
  const guest = picture.view === 'guest' ? 'guest ' : '';
  const parts = [
    clusters === 1
      ? `${guest}cluster ${count(cluster)}`
      : `${count(clusters)} ${guest}clusters at ${count(cluster)}`,
    hex(cluster * clusterSize),
  ];
  if (trouble !== 0) parts.push(TROUBLE_TEXT[trouble]);
  parts.push(...valuesTexts(place, names));
  return parts.join(' · ');
}

/** One line for the ear: "cluster 5, active L2, host offset 0x50000". */
export function speakPlace(
  place: HoverPlace,
  clusterSize: number,
  names: readonly string[],
): string {
  const { picture, cluster, clusters, trouble } = place;
  const guest = picture.view === 'guest' ? 'guest ' : '';
  const parts = [
    clusters === 1
      ? `${guest}cluster ${count(cluster)}`
      : `${count(clusters)} ${guest}clusters at ${count(cluster)}`,
  ];
  parts.push(...valuesTexts(place, names));
  if (trouble !== 0) parts.push(TROUBLE_TEXT[trouble]);
  parts.push(`${picture.view} offset ${hex(cluster * clusterSize)}`);
  return parts.join(', ');
}

/** The values of a place in one text, if it has any. */
function valuesTexts({ picture, values }: HoverPlace, names: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [values.map((value) => valueText(picture, value, names)).join(', ')];
}
