import { KINDS, type KindName } from '../../src/core/map/kinds.js';
import { isKinds, valuesOf, type Picture } from '../../src/core/picture/layer.js';
import { glyphOfKind, kindOfDominant } from '../../src/core/picture/tile.js';
import type { MapSide } from './mapSide.js';
import type { Store } from './store.js';

/** What fills a file, in the order of the legend; before them stand the structures. */
const AREAS: readonly KindName[] = ['compressed', 'data', 'vm-state', 'unallocated'];
const HOST_KINDS: readonly number[] = [
  ...KINDS.filter((kind) => !AREAS.includes(kind)),
  ...AREAS,
].map(glyphOfKind);
/** Shown before it is known which kinds there are. */
const ALWAYS: readonly number[] = [glyphOfKind('data'), glyphOfKind('unallocated')];

/** The values of a picture in the order of the legend. */
function orderOf(picture: Picture): readonly number[] {
  const values = valuesOf(picture).map((_, value) => value);
  if (!isKinds(picture.layer)) return values;
  return picture.view === 'host' ? HOST_KINDS : [...values.slice(1), 0];
}

/** Whether a value is a structure of the image, and not what fills a file. */
export const isStructure = (picture: Picture, value: number): boolean =>
  hasKindsOfFile(picture) && !AREAS.some((kind) => glyphOfKind(kind) === value);

/** What the legend tells of a value. */
interface LegendValue {
  readonly value: number;
  /** Clusters that count as it; undefined until they are known. All together are the whole. */
  readonly clusters: number | undefined;
  /** More that are of this kind, and count as another that they are of, too. */
  readonly also: number;
}

/** The picture of the kinds of the file's clusters, in which trouble is marked. */
export const isFileKinds = ({ view, layer }: Picture): boolean =>
  view === 'host' && layer === 'kinds';

/** The same, or what a repair would make of them. */
export const hasKindsOfFile = ({ view, layer }: Picture): boolean =>
  view === 'host' && isKinds(layer);

/** The picture of the kinds of the disk's clusters, in which subclusters are drawn. */
export const isGuestKinds = ({ view, layer }: Picture): boolean =>
  view === 'guest' && layer === 'kinds';

/** The values that the picture shown on a map has, in the order of the legend. */
export function legendValues(store: Store, { pictures }: MapSide): LegendValue[] {
  const picture = pictures.shown.value;
  const counts = pictures.known.value?.counts;
  const always = isFileKinds(picture) && counts === undefined ? ALWAYS : [];
  return orderOf(picture)
    .map((value) => {
      const clusters = counts?.[value];
      return { value, clusters, also: alsoOf(store, picture, value, clusters) };
    })
    .filter(({ value, clusters = 0 }) => always.includes(value) || clusters > 0);
}

function alsoOf(
  store: Store,
  picture: Picture,
  value: number,
  clusters: number | undefined,
): number {
  const scan = store.scan.value;
  const kind = kindOfDominant(value);
  if (!isFileKinds(picture) || scan.state !== 'scanned') return 0;
  if (kind === undefined || clusters === undefined) return 0;
  return Math.max(0, scan.summary.clusters[kind] - clusters);
}
