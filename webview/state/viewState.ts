import type { Arrangement, CurveName } from '../../src/core/picture/curve.js';
import { NOWHERE, readHistory, type History } from './history.js';
import { LAYERS, VIEWS, type Picture, type View } from '../../src/core/picture/layer.js';
import type { CacheMode, EngineName } from '../../src/protocol/shapes.js';
import { isRecord } from '../../src/core/record.js';
import {
  guestCluster,
  type GuestCluster,
  hostCluster,
  type HostCluster,
  ifKnown,
} from '../../src/core/units.js';

/** In the order of the side pane; the first is the one that opens. */
export const TABS = [
  'overview',
  'findings',
  'cluster',
  'ranges',
  'tree',
  'overlap',
  'simulate',
  'caches',
] as const;

export type TabOfStrip = (typeof TABS)[number];

/** What the overview leads into. */
const WAYS = ['space', 'lost'] as const;

/** What the side pane shows: a tab, or what one leads into. */
export type Tab = TabOfStrip | (typeof WAYS)[number];

/** The tab that leads to what is shown. */
export const tabOf = (tab: Tab): TabOfStrip => TABS.find((each) => each === tab) ?? 'overview';

/** What survives when the editor is hidden or the window closed. */
export interface ViewState {
  readonly version: 1;
  /** The camera, with the curve that its coordinates belong to; undefined while the picture is fitted. */
  readonly camera: KeptCamera | undefined;
  readonly picture: Picture;
  /** The host cluster selected, and the guest cluster that was picked on the guest's disk. */
  readonly selected: HostCluster | undefined;
  /** Places to go back and forward to. */
  readonly history: History;
  readonly guest: GuestCluster | undefined;
  readonly pane: { readonly open: boolean; readonly width: number; readonly tab: Tab };
  readonly simulation: KeptSimulation;
  /** Whether the overlap windows are on the map; states kept before there were any lack it. */
  readonly windows: boolean;
  /** Whether cells show how much of them is taken. */
  readonly density: boolean;
  /** Whether the file and the disk stand side by side. */
  readonly beside: boolean;
  /** Of the caches pane, which reads it when it is there. */
  readonly lab: unknown;
}

/** The simulated operations, and how the copy is opened. */
export interface KeptSimulation {
  readonly operations: readonly string[];
  readonly engine: EngineName;
  readonly cache: CacheMode;
}

export interface KeptCamera {
  readonly view: View;
  readonly curve: CurveName;
  /** How the squares of a Hilbert curve lie. */
  readonly arrangement: Arrangement | undefined;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export const FRESH: ViewState = {
  version: 1,
  camera: undefined,
  picture: { view: 'host', layer: 'kinds' },
  selected: undefined,
  history: NOWHERE,
  guest: undefined,
  pane: { open: true, width: 520, tab: 'overview' },
  simulation: { operations: [], engine: 'today', cache: 'writethrough' },
  windows: true,
  density: false,
  beside: false,
  lab: undefined,
};

const isNumber = (value: unknown): value is number => Number.isFinite(value);

function readCamera(kept: unknown): KeptCamera | undefined {
  if (!isRecord(kept)) return undefined;
  const { curve, x, y, scale } = kept;
  const view = VIEWS.find((each) => each === kept.view);
  if (!view) return undefined;
  if (curve !== 'hilbert' && curve !== 'rows') return undefined;
  if (!isNumber(x) || !isNumber(y) || !isNumber(scale) || scale <= 0) return undefined;
  return { view, curve, arrangement: readArrangement(kept.arrangement), x, y, scale };
}

function readArrangement(kept: unknown): Arrangement | undefined {
  const { order, columns } = isRecord(kept) ? kept : {};
  if (!isCount(order) || order > 15 || !isCount(columns)) return undefined;
  return { order, columns };
}

const isCount = (value: unknown): value is number =>
  isNumber(value) && Number.isSafeInteger(value) && value >= 0;

function readPicture(kept: unknown): Picture {
  const { view, layer } = isRecord(kept) ? kept : {};
  return {
    view: VIEWS.find((each) => each === view) ?? FRESH.picture.view,
    layer: LAYERS.find((each) => each === layer) ?? FRESH.picture.layer,
  };
}

const readCluster = (kept: unknown): number | undefined =>
  Number.isSafeInteger(kept) && isNumber(kept) && kept >= 0 ? kept : undefined;

function readPane(kept: unknown): ViewState['pane'] {
  if (!isRecord(kept)) return FRESH.pane;
  const { open, width, tab } = kept;
  return {
    open: typeof open === 'boolean' ? open : FRESH.pane.open,
    width: isNumber(width) ? width : FRESH.pane.width,
    tab: [...TABS, ...WAYS].find((each) => each === tab) ?? FRESH.pane.tab,
  };
}

function readSimulation(kept: unknown): KeptSimulation {
  if (!isRecord(kept)) return FRESH.simulation;
  const { operations, engine, cache } = kept;
  return {
    operations: Array.isArray(operations) && operations.every(isText) ? operations : [],
    engine: engine === 'structures' ? engine : 'today',
    cache: cache === 'writeback' ? cache : 'writethrough',
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Kept state, as far as it makes sense; fresh where it does not. */
export function readViewState(kept: unknown): ViewState {
  if (!isRecord(kept) || kept.version !== FRESH.version) return FRESH;
  const { camera, picture, selected, guest, history, pane, simulation, windows, density } = kept;
  return {
    version: 1,
    camera: readCamera(camera),
    picture: readPicture(picture),
    selected: ifKnown(readCluster(selected), hostCluster),
    guest: ifKnown(readCluster(guest), guestCluster),
    history: readHistory(history),
    pane: readPane(pane),
    simulation: readSimulation(simulation),
    windows: typeof windows === 'boolean' ? windows : FRESH.windows,
    density: density === true,
    beside: kept.beside === true,
    lab: kept.lab,
  };
}
