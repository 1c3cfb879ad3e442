import { KINDS, type KindName } from '../../src/core/map/kinds.js';
import type { GuestKind } from '../../src/core/guest/guestKinds.js';
import {
  isKinds,
  type KindLayer,
  valuesOf,
  type Layer,
  type Picture,
  type View,
} from '../../src/core/picture/layer.js';
import { KIND_TEXT } from '../../src/core/map/kinds.js';
import { EXPOSURE_TEXT } from './windowText.js';
import { clean } from '../../src/core/text.js';

export const VIEW_TEXT: Readonly<Record<View, { readonly text: string; readonly title: string }>> =
  {
    host: { text: 'Host file', title: 'The clusters of the image file' },
    guest: { text: 'Guest disk', title: 'The clusters of the disk as the guest sees it' },
  };

/** Both views. */
export const BESIDE_TEXT = {
  text: 'Side by side',
  title: 'The file and the disk, and what lies where',
} as const;

export const LAYER_TEXT: Readonly<
  Record<Layer, { readonly text: string; readonly title: string }>
> = {
  kinds: { text: 'Kinds', title: 'What each cluster is' },
  refcounts: { text: 'Refcounts', title: 'The refcount that the image stores for each cluster' },
  differences: {
    text: 'Differences',
    title: 'The stored refcount against the references that were counted',
  },
  snapshots: {
    text: 'Snapshots',
    title: 'Which clusters the active disk and the snapshots need, alone or together',
  },
  fragmentation: {
    text: 'Fragmentation',
    title: 'How far each cluster of the disk lies from where the one before it ends',
  },
  bitmaps: { text: 'Bitmaps', title: 'What is dirty in the persistent bitmaps' },
  windows: { text: 'Overlap', title: 'The state of the overlap window that each cluster is in' },
  simulation: { text: 'Simulation', title: 'What a simulated write to each cluster would do' },
  heat: {
    text: 'Heat',
    title: 'How often a workload looks up the table of each cluster',
  },
  windowHeat: {
    text: 'Window heat',
    title: 'How often a workload looks up each overlap window',
  },
  repairLeaks: {
    text: 'Repair: -r leaks',
    title: 'What qemu-img check -r leaks would do to each cluster',
  },
  repairAll: {
    text: 'Repair: -r all',
    title: 'What qemu-img check -r all would do to each cluster',
  },
  afterLeaks: { text: 'After -r leaks', title: 'What each cluster is after check -r leaks' },
  afterAll: { text: 'After -r all', title: 'What each cluster is after check -r all' },
};

const GUEST_TEXT: Readonly<Record<GuestKind, string>> = {
  unallocated: 'unallocated',
  'zero-plain': 'zeros',
  'zero-allocated': 'zeros, allocated',
  normal: 'data',
  shared: 'data shared with snapshots',
  compressed: 'compressed',
  partial: 'mixed subclusters',
  preallocated: 'allocated without data',
  damaged: 'damaged entry',
};

/** `names`: of the backing file, if there is one; what the image does not hold is read from there. */
function guestText(name: string, names: readonly string[]): string {
  if (name === 'unallocated' && names.length > 0) return 'from the backing file';
  return isGuestKind(name) ? GUEST_TEXT[name] : name;
}

const isKind = (name: string): name is KindName =>
  name === 'unallocated' || KINDS.some((kind) => kind === name);
const isGuestKind = (name: string): name is GuestKind => Object.hasOwn(GUEST_TEXT, name);

const REPAIR_TEXT = {
  none: ['free before and after', 'free'],
  unchanged: 'unchanged',
  refcount: ['another refcount, the same bytes', 'refcount only'],
  written: ['bytes changed', 'bytes changed'],
  taken: ['free before, in use afterwards', 'taken into use'],
  freed: ['in use before, free afterwards', 'given free'],
} as const;

/** Texts of values, but for kinds and those that bear a name: in a sentence, and in the legend. */
const TEXT: Readonly<
  Record<Exclude<Layer, KindLayer>, Readonly<Record<string, string | readonly [string, string]>>>
> = {
  refcounts: {
    none: 'no host cluster',
    '0': ['refcount 0', '0'],
    '1': ['refcount 1', '1'],
    '2': ['refcount 2', '2'],
    '3': ['refcount 3', '3'],
    '4-7': ['refcount 4 to 7', '4–7'],
    '8-15': ['refcount 8 to 15', '8–15'],
    '16-63': ['refcount 16 to 63', '16–63'],
    '64-up': ['refcount 64 or more', '64+'],
  },
  differences: {
    none: 'no host cluster',
    free: 'not in use',
    equal: ['refcount and references agree', 'equal'],
    'high-1': ['refcount too high by 1', 'too high by 1'],
    'high-2': ['refcount too high by 2 or 3', 'too high by 2–3'],
    'high-4': ['refcount too high by 4 or more', 'too high by 4+'],
    'low-1': ['refcount too low by 1', 'too low by 1'],
    'low-2': ['refcount too low by 2 or 3', 'too low by 2–3'],
    'low-4': ['refcount too low by 4 or more', 'too low by 4+'],
  },
  snapshots: {
    none: ['needed by no disk', 'not needed'],
    other: ['of the image itself', 'image metadata'],
    active: ['of the active disk alone', 'active disk alone'],
    'with-1': ['shared by the active disk and a snapshot', 'active + 1 snapshot'],
    'with-2': ['shared by the active disk and 2 or 3 snapshots', 'active + 2–3 snapshots'],
    'with-4': ['shared by the active disk and 4 or more snapshots', 'active + 4 or more'],
    snapshots: 'shared by snapshots alone',
    'only-later': ['of a single later snapshot alone', 'a later snapshot alone'],
  },
  fragmentation: {
    none: ['no data of the active disk', 'no disk data'],
    contiguous: ['right behind the cluster before', 'contiguous'],
    near: ['near: at most 16 clusters on', 'up to 16 clusters on'],
    far: ['far: more than 16 clusters on', 'further on'],
    backwards: ['before the cluster it follows', 'backwards'],
    compressed: 'compressed',
  },
  bitmaps: {
    none: ['no data of the active disk', 'no disk data'],
    clean: ['clean in all bitmaps', 'clean'],
    'only-later': ['dirty in a later bitmap', 'a later bitmap'],
    two: ['dirty in two bitmaps', 'two bitmaps'],
    more: ['dirty in three or more bitmaps', 'three or more'],
  },
  windows: {
    none: 'no host cluster',
    empty: ['window without metadata', 'empty'],
    fragments: ['window of fragments', 'fragments'],
    cached: ['window with a cached bitmap', 'cached bitmap'],
    kept: ['window whose bitmap is kept', 'kept bitmap'],
    refused: [`window unprotected: ${EXPOSURE_TEXT.refused}`, 'unprotected: refused'],
    dropped: [`window unprotected: ${EXPOSURE_TEXT.dropped}`, 'unprotected: dropped'],
    lost: [`window unprotected: ${EXPOSURE_TEXT.lost}`, 'unprotected: lost'],
  },
  simulation: {
    unknown: 'not tried',
    safe: 'safe',
    failed: ['refused by QEMU', 'refused'],
    stopped: ['stopped: QEMU finds a corruption', 'stopped'],
    unpredictable: 'cannot be foretold',
    overwrites: ['would overwrite other data', 'overwrites data'],
    destroys: ['would destroy metadata', 'destroys metadata'],
    aborts: ['QEMU aborts here', 'QEMU aborts'],
  },
  heat: { none: 'never looked up' },
  windowHeat: { none: 'never looked up' },
  repairLeaks: REPAIR_TEXT,
  repairAll: REPAIR_TEXT,
};

/** Values that stand for a snapshot or a bitmap of its own. */
const NAMED = /^only-(\d+)$/;
/** Values that stand for numbers of look-ups. */
const HEAT = /^heat-(\d+)$/;

/** What a value means, in a sentence. `names`: of the snapshots, bitmaps or backing file in question. */
export function valueText(picture: Picture, value: number, names: readonly string[]): string {
  return textOf(picture, value, names, 0);
}

/** The same where space is dear. */
export function valueLabel(picture: Picture, value: number, names: readonly string[]): string {
  return textOf(picture, value, names, 1);
}

function textOf(picture: Picture, value: number, names: readonly string[], form: 0 | 1): string {
  const name = valuesOf(picture)[value] ?? '';
  if (isKinds(picture.layer)) {
    if (picture.view === 'guest') return guestText(name, names);
    if (!isKind(name)) return name;
    return KIND_TEXT[name];
  }
  const heat = HEAT.exec(name)?.[1];
  if (heat !== undefined) {
    const uses = names[Number(heat) - 1] ?? '';
    return form === 0 ? `looked up ${uses} ${uses === '1' ? 'time' : 'times'}` : uses;
  }
  if (picture.view === 'guest' && name === 'none' && picture.layer !== 'heat')
    return 'no host cluster';
  const number = NAMED.exec(name)?.[1];
  if (number !== undefined) {
    const owner = `'${clean(names[Number(number) - 1] ?? number)}'`;
    if (picture.layer === 'bitmaps') return form === 0 ? `dirty in ${owner}` : owner;
    return form === 0 ? `of the snapshot ${owner} alone` : `${owner} alone`;
  }
  const text = TEXT[picture.layer][name] ?? name;
  return typeof text === 'string' ? text : text[form];
}
