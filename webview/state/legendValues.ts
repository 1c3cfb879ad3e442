import { KINDS, type KindName } from '../../src/core/map/kinds.js';
import { valuesOf, type Picture } from '../../src/core/picture/layer.js';
import { glyphOfKind } from '../../src/core/picture/tile.js';
import type { Store } from './store.js';

/** Contents first, as they fill the map; then metadata in the order of the kinds. */
const CONTENTS: readonly KindName[] = ['data', 'compressed'];
const HOST_KINDS: readonly number[] = [
  ...CONTENTS,
  ...KINDS.filter((kind) => !CONTENTS.includes(kind)),
  'unallocated' as const,
].map(glyphOfKind);
/** Shown before it is known which kinds there are. */
const ALWAYS: readonly number[] = [glyphOfKind('data'), glyphOfKind('unallocated')];

/** The values of a picture in the order of the legend. */
function orderOf(picture: Picture): readonly number[] {
  if (picture.layer !== 'kinds') return valuesOf(picture).map((_, value) => value);
  if (picture.view === 'host') return HOST_KINDS;
  const values = valuesOf(picture).map((_, value) => value);
  return [...values.slice(1), 0];
}

/** What the legend tells of a value. */
interface LegendValue {
  readonly value: number;
  /** Clusters that have it; undefined until they are known. */
  readonly clusters: number | undefined;
}

/** The picture of the kinds of the file's clusters, in which trouble is marked. */
export const isFileKinds = ({ view, layer }: Picture): boolean =>
  view === 'host' && layer === 'kinds';

/** The picture of the kinds of the disk's clusters, in which subclusters are drawn. */
export const isGuestKinds = ({ view, layer }: Picture): boolean =>
  view === 'guest' && layer === 'kinds';

/** The values that the picture shown has, in the order of the legend. */
export function legendValues(store: Store): LegendValue[] {
  const picture = store.pictures.shown.value;
  const clusters = clustersByValue(store);
  const always = isFileKinds(picture) ? ALWAYS : [];
  return orderOf(picture)
    .filter((value) => always.includes(value) || (clusters?.[value] ?? 0) > 0)
    .map((value) => ({ value, clusters: clusters?.[value] }));
}

/** Clusters of each value, once they are known. */
function clustersByValue(store: Store): readonly number[] | undefined {
  if (!isFileKinds(store.pictures.shown.value)) return store.pictures.known.value?.counts;
  const scan = store.scan.value;
  if (scan.state !== 'scanned') return undefined;
  // A cluster of two kinds counts as both.
  const clusters = new Array<number>(KINDS.length + 1).fill(0);
  for (const kind of [...KINDS, 'unallocated'] as const)
    clusters[glyphOfKind(kind)] = scan.summary.clusters[kind];
  return clusters;
}
