import { KINDS, type KindName } from '../map/kinds.js';
import { GUEST_KINDS } from '../guest/guestKinds.js';
import { FATES, fateNumber } from '../simulate/copy/fate.js';
import { RANK } from './tile.js';

/** What a cell of the picture is: a cluster of the file, or one of the virtual disk. */
export const VIEWS = ['host', 'guest'] as const;
export type View = (typeof VIEWS)[number];

/** What is shown of it. */
export const LAYERS = [
  'kinds',
  'refcounts',
  'differences',
  'snapshots',
  'fragmentation',
  'bitmaps',
  'windows',
  'simulation',
  'heat',
  'windowHeat',
  'repairLeaks',
  'repairAll',
  'afterLeaks',
  'afterAll',
] as const;
export type Layer = (typeof LAYERS)[number];
/** Kinds of clusters: as they are, and as repairs would leave them. */
export type KindLayer = 'kinds' | 'afterLeaks' | 'afterAll';

export interface Picture {
  readonly view: View;
  readonly layer: Layer;
}

/** Snapshots or bitmaps that have a value of their own. */
export const NAMED = 8;
const named = (prefix: string): string[] =>
  Array.from({ length: NAMED }, (_, index) => `${prefix}${String(index + 1)}`);

/** Values that look-ups have, from few to many. */
export const HEATS = 7;
const HEAT_VALUES = ['none', ...Array.from({ length: HEATS }, (_, step) => `heat-${step + 1}`)];
const REPAIR_VALUES = ['none', 'unchanged', 'refcount', 'written', 'taken', 'freed'];

/** Kinds of host clusters by value (see tile.ts). */
const HOST_KINDS: readonly KindName[] = ['unallocated', ...KINDS];

/**
 * The values that a cell may have, in the order of their numbers: at most 16, of which the first is
 * that of a cluster about which nothing is to be said.
 */
const VALUES: Readonly<Record<Exclude<Layer, KindLayer>, readonly string[]>> = {
  refcounts: ['none', '0', '1', '2', '3', '4-7', '8-15', '16-63', '64-up'],
  differences: ['none', 'free', 'equal', 'high-1', 'high-2', 'high-4', 'low-1', 'low-2', 'low-4'],
  snapshots: [
    'none',
    'other',
    'active',
    'with-1',
    'with-2',
    'with-4',
    'snapshots',
    ...named('only-'),
    'only-later',
  ],
  fragmentation: ['none', 'contiguous', 'near', 'far', 'backwards', 'compressed'],
  bitmaps: ['none', 'clean', ...named('only-'), 'only-later', 'two', 'more'],
  windows: ['none', 'empty', 'fragments', 'cached', 'kept', 'refused', 'dropped', 'lost'],
  simulation: FATES,
  heat: HEAT_VALUES,
  windowHeat: HEAT_VALUES,
  repairLeaks: REPAIR_VALUES,
  repairAll: REPAIR_VALUES,
};

/** Whether a layer shows what clusters are. */
export const isKinds = (layer: Layer): layer is KindLayer => !Object.hasOwn(VALUES, layer);

export function valuesOf({ view, layer }: Picture): readonly string[] {
  if (isKinds(layer)) return view === 'host' ? HOST_KINDS : GUEST_KINDS;
  return VALUES[layer];
}

/** The number of a value of a layer. */
export const valueOf = (layer: Exclude<Layer, KindLayer>, name: string): number =>
  VALUES[layer].indexOf(name);

/** Values of clusters that take no room, or of which nothing is known. */
const NOTHINGS: ReadonlySet<string> = new Set([
  'unallocated',
  'none',
  '0',
  'free',
  'unknown',
  'zero-plain',
]);

/** By value: whether clusters that have it hold anything. */
export const holdings = (picture: Picture): readonly boolean[] =>
  valuesOf(picture).map((name) => !NOTHINGS.has(name));

/** A value of this rank or above is seen from afar though it is alone among others; the highest wins. */
export const GRAVE = 128;

/** Values that must not be lost from sight, the worst last. */
const GRAVE_VALUES: readonly string[] = [
  'damaged',
  'high-1',
  'high-2',
  'high-4',
  'low-1',
  'low-2',
  'low-4',
  'refused',
  'dropped',
  'lost',
  ...FATES.slice(fateNumber('failed')),
];

/** The rank of each value of the picture by its number (see reduce.ts), 0 for what is outside. */
export function ranksOf(picture: Picture): Uint8Array {
  const key = `${picture.view}/${picture.layer}`;
  const known = ranks.get(key);
  if (known) return known;
  const made = picture.view === 'host' && isKinds(picture.layer) ? RANK : ranksByOrder(picture);
  ranks.set(key, made);
  return made;
}

const ranks = new Map<string, Uint8Array>();

/** What comes later in the list wins a tie. */
function ranksByOrder(picture: Picture): Uint8Array {
  const made = new Uint8Array(32);
  valuesOf(picture).forEach((name, value) => {
    const grave = GRAVE_VALUES.indexOf(name);
    made[value] = grave < 0 ? 1 + value : GRAVE + grave;
  });
  return made;
}
