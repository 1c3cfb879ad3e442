import { type Cell, referencesOf, storedOf, troubleOf } from '../map/cell.js';
import type { ClusterMap } from '../map/clusterMap.js';
import { glyphOfCell, maskOfCell } from './cellGlyphs.js';
import { type Layer, ranksOf, valueOf } from './layer.js';
import { MapSource, packed, type Packed, packedGlyph } from './source.js';
import { TROUBLE_SHIFT } from './tile.js';

/** Layers of the host file that its map tells, whatever is known of it by then. */
export type MapLayer = Extract<Layer, 'kinds' | 'refcounts' | 'differences'>;

export const isMapLayer = (layer: Layer): layer is MapLayer =>
  layer === 'kinds' || layer === 'refcounts' || layer === 'differences';

/** The picture of the host file in such a layer. */
export const mapLayer = (layer: MapLayer, map: ClusterMap): MapSource =>
  new MapSource(map, ranksOf({ view: 'host', layer }), PACK[layer]);

/** The kinds of another file in the place of this one, as far as this one goes. */
export const kindsOf = (map: ClusterMap, clusters: number): MapSource =>
  new MapSource(map, ranksOf({ view: 'host', layer: 'kinds' }), PACK.kinds, clusters);

const PACK: Readonly<Record<MapLayer, (cell: Cell) => Packed>> = {
  kinds: (cell) => packed(glyphOfCell(cell), maskOfCell(cell)),
  refcounts: (cell) => packedGlyph(REFCOUNT[storedOf(cell)]),
  differences: (cell) => packedGlyph(differenceOf(cell) | (troubleOf(cell) << TROUBLE_SHIFT)),
};

/** By stored refcount, as a cell has it. */
const REFCOUNT = Uint8Array.from({ length: 256 }, (_, stored) => {
  if (stored < 4) return valueOf('refcounts', String(stored));
  if (stored < 8) return valueOf('refcounts', '4-7');
  if (stored < 16) return valueOf('refcounts', '8-15');
  return valueOf('refcounts', stored < 64 ? '16-63' : '64-up');
});

/** How far the stored refcount is from the references counted: by one, two or three, or more. */
function differenceOf(cell: Cell): number {
  const stored = storedOf(cell);
  const references = referencesOf(cell);
  if (stored === references) return stored === 0 ? FREE : EQUAL;
  const by = Math.abs(stored - references);
  return (stored > references ? HIGH : LOW) + (by === 1 ? 0 : by < 4 ? 1 : 2);
}

const FREE = valueOf('differences', 'free');
const EQUAL = valueOf('differences', 'equal');
const HIGH = valueOf('differences', 'high-1');
const LOW = valueOf('differences', 'low-1');
