import { KINDS } from '../../src/core/map/kinds.js';
import { PART_TEXT, type SpacePart } from '../../src/core/space/parts.js';
import { kindVariable } from '../heatmap/palette.js';
import type { Store } from '../state/store.js';
import {
  isKindAlone,
  isolateKind,
  isolateOwner,
  isOwnerAlone,
  SNAPSHOTS_OF_FILE,
} from './isolate.js';

/** Data by who needs them have the colours of the layer of snapshots, which a click shows. */
const DATA_COLOURS: Readonly<Partial<Record<SpacePart, string>>> = {
  data: '--snapshots-active',
  'shared-data': '--snapshots-with-2',
  'snapshot-data': '--snapshot-3',
};

const TEXT: Readonly<Partial<Record<SpacePart, string>>> = {
  data: 'data of the disk alone',
  'snapshot-data': 'data of snapshots alone',
};

export const partText = (part: SpacePart): string => TEXT[part] ?? PART_TEXT[part];

/** Those that are kinds of clusters on the map. */
const kindOf = (part: SpacePart) =>
  part === 'data' ? undefined : KINDS.find((kind) => kind === part);

/** The CSS variable of a part's colour. */
export function partColour(part: SpacePart): string {
  return DATA_COLOURS[part] ?? kindVariable(kindOf(part) ?? 'unallocated');
}

/** What a click on a part does, said on it. */
export function partTitle(part: SpacePart): string {
  if (part === 'data' || kindOf(part)) return 'Show these clusters alone';
  if (part === 'leaked') return 'Show on the layer of differences';
  return part in DATA_COLOURS
    ? 'Show on the layer of snapshots'
    : 'Show unallocated clusters alone';
}

/** Leaves only the clusters of a part bright on the map, or shows the layer that tells them apart. */
export function showPart(store: Store, part: SpacePart): void {
  const kind = kindOf(part);
  if (part === 'data') isolateOwner(store, 'active');
  else if (part === 'leaked') store.pictures.choose({ view: 'host', layer: 'differences' });
  else if (part in DATA_COLOURS) store.pictures.choose(SNAPSHOTS_OF_FILE);
  else isolateKind(store, kind ?? 'unallocated');
}

/** Whether a part is all that is bright; undefined for one that is never alone. */
export function isPartAlone(store: Store, part: SpacePart): boolean | undefined {
  if (part === 'data') return isOwnerAlone(store, 'active');
  const kind = kindOf(part);
  return kind && isKindAlone(store, kind);
}
