import { hex } from '../core/bytes.js';
import { advise, type Advice } from '../core/overlap/advice.js';
import {
  bitmapSizeText,
  exposureText,
  limitText,
  oversizeText,
} from '../core/overlap/adviceText.js';
import { fragmentClusters, fragmentStart, fragmentTypes } from '../core/overlap/fragments.js';
import type { MetadataList } from '../core/overlap/metadataList.js';
import { type OpenedStructures, StructureBuilder } from '../core/overlap/openedStructures.js';
import type { Operation } from '../core/overlap/operation.js';
import type { Replay } from '../core/overlap/replay.js';
import { isLimitPolicy, NO_LIMIT, type StructureSettings } from '../core/overlap/settings.js';
import { WINDOW_SIZE } from '../core/overlap/typeRuns.js';
import { guardedTypes, typeNames } from '../core/overlap/types.js';
import { windowMarks } from '../core/overlap/windowMarks.js';
import {
  countWindows,
  refusesBitmap,
  slotWindows,
  windowContents,
  type WindowState,
  windowStates,
} from '../core/overlap/windowState.js';
import type { LaidOutImage } from '../core/qcow2/image.js';
import { formatSize, parseSize, type Parsed } from '../core/size.js';
import type {
  BuiltOverlap,
  OpenedWindow,
  OverlapAdvice,
  OverlapAnswer,
  OverlapEventsPage,
  OverlapEventsQuery,
  OverlapOptions,
  OverlapQuery,
  OverlapTimeline,
  OverlapWindow,
  OverlapWindowQuery,
  OverlapWindowsPage,
  OverlapWindowsQuery,
  SettingAdvice,
  TakenSlot,
  WindowColumn,
} from '../protocol/overlap.js';

/** Slots and reached windows that are told: more than anybody reads. */
const MOST_TOLD = 2048;
/** Samples of a time line: about as many as a chart has pixels. */
const SAMPLES = 256;

/** What came of some settings. */
interface Built {
  readonly options: OverlapOptions;
  readonly settings: Parsed<StructureSettings>;
  readonly opened: OpenedStructures;
  /** The search for better settings, once somebody asked; then what it found. */
  search?: Generator<void, Advice, void>;
  advice?: Advice;
}

/** The windows of a table in the order that was asked for. */
interface Sorted {
  readonly key: string;
  readonly windows: readonly WindowState[];
}

/**
 * The overlap structures of one image under the settings asked for last. Nothing of the image is
 * read again when a setting changes. Throws on I/O errors.
 */
export class OverlapSession {
  readonly #image: LaidOutImage;
  readonly #builder: StructureBuilder;
  #built: Built | undefined;
  #sorted: Sorted | undefined;

  constructor(image: LaidOutImage) {
    this.#image = image;
    this.#builder = new StructureBuilder(image);
  }

  state({ options, position }: OverlapQuery): OverlapAnswer {
    const { opened, settings } = this.#build(options);
    if (opened.state !== 'built') return opened;
    if (!settings.ok) return { state: 'failed', message: settings.message };
    const { replay } = opened;
    const at = clampPosition(replay, position);
    const list = replay.at(at);
    return {
      state: 'built',
      operations: replay.operations.length,
      position: at,
      last: at === 0 ? undefined : this.#told(replay.operations.at(at - 1), list),
      events: replay.events.length,
      ...describeList(list, settings.value, this.#image.layout.hostClusters),
    };
  }

  timeline({ options }: OverlapQuery): OverlapTimeline {
    const { timeline } = this.#replay(options);
    const step = Math.ceil(timeline.positions.length / SAMPLES);
    const last = timeline.positions.length - 1;
    const thin = (column: Float64Array): number[] =>
      Array.from(column).filter((_, i) => i % step === 0 || i === last);
    return {
      positions: thin(timeline.positions),
      accounted: thin(timeline.accounted),
      held: thin(timeline.held),
      hits: thin(timeline.hits),
      misses: thin(timeline.misses),
      evictions: thin(timeline.evictions),
      conversions: thin(timeline.conversions),
      events: thin(timeline.events),
    };
  }

  windows(query: OverlapWindowsQuery): OverlapWindowsPage {
    const { windows } = this.#sort(query);
    const page = windows.slice(query.from, query.from + query.count);
    return { total: windows.length, windows: page.map(named) };
  }

  window({ options, position, window }: OverlapWindowQuery): OpenedWindow | undefined {
    const replay = this.#replay(options);
    const list = replay.at(clampPosition(replay, position));
    const contents = windowContents(list, window, refusesBitmap(list));
    if (!contents) return undefined;
    const { bytes, fragments, ...state } = contents;
    return {
      ...named(state),
      bytes: runLengths(bytes),
      fragments: Array.from(fragments, (fragment) => ({
        start: fragmentStart(fragment),
        clusters: fragmentClusters(fragment),
        types: fragmentTypes(fragment),
      })),
    };
  }

  events({ options, from, count }: OverlapEventsQuery): OverlapEventsPage {
    const { events } = this.#replay(options);
    return { total: events.length, events: events.page(from, count) };
  }

  /** Computes on, for a tenth of a second at most, and tells what is known. */
  advice({ options }: OverlapQuery): OverlapAdvice {
    const built = this.#build(options);
    const { settings, opened } = built;
    if (!settings.ok || opened.state === 'none') return { state: 'none' };
    const operations = this.#builder.operations(settings.value.guarded);
    if (!operations.ok) return { state: 'none' };
    built.search ??= advise(this.#builder.geometry, settings.value, operations.value);
    const step = built.advice ? undefined : built.search.next();
    if (step?.done) built.advice = step.value;
    return built.advice
      ? { state: 'known', advice: settingAdvice(built.advice, settings.value) }
      : { state: 'computing' };
  }

  #build(options: OverlapOptions): Built {
    if (this.#built && sameOptions(this.#built.options, options)) return this.#built;
    const settings = parseOptions(options);
    const opened: OpenedStructures = settings.ok
      ? this.#builder.build(settings.value)
      : { state: 'failed', message: settings.message };
    this.#sorted = undefined;
    this.#built = { options, settings, opened };
    return this.#built;
  }

  #replay(options: OverlapOptions): Replay {
    const { opened } = this.#build(options);
    if (opened.state === 'built') return opened.replay;
    throw new Error('there are no overlap structures under these settings');
  }

  #sort({ options, position, sort, descending }: OverlapWindowsQuery): Sorted {
    const replay = this.#replay(options);
    const at = clampPosition(replay, position);
    const key = `${at} ${sort} ${descending}`;
    if (this.#sorted?.key === key) return this.#sorted;
    const list = replay.at(at);
    const windows = Array.from(windowStates(list, refusesBitmap(list))).filter(
      ({ form, exposure }) => form !== 'empty' || exposure,
    );
    const sign = descending ? -1 : 1;
    windows.sort((a, b) => sign * (sortKey(a, sort) - sortKey(b, sort)) || a.window - b.window);
    this.#sorted = { key, windows };
    return this.#sorted;
  }

  /** An operation in words. */
  #told(operation: Operation, list: MetadataList): { text: string; windows: number[] } {
    const { clusterSize } = this.#image.layout;
    const { offset } = operation;
    const size = operation.type === 'check' ? operation.size : operation.clusters * clusterSize;
    const first = Math.floor(offset / list.windowBytes);
    const last = Math.min(
      Math.floor((offset + Math.max(1, size) - 1) / list.windowBytes),
      first + MOST_TOLD - 1,
    );
    const windows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    if (operation.type === 'check')
      return { text: `check ${hex(offset)}, ${formatSize(size)}`, windows };
    const what = typeNames(operation.types).join(', ');
    const clusters = operation.clusters === 1 ? '' : `, ${operation.clusters} clusters`;
    return { text: `${operation.type} ${what} at ${hex(offset)}${clusters}`, windows };
  }
}

/** The structures as they are now. `hostClusters`: of the file that the map shows. */
export function describeList(
  list: MetadataList,
  { bitmapSize }: StructureSettings,
  hostClusters: number,
): Omit<BuiltOverlap, 'operations' | 'position' | 'last' | 'events'> {
  const refuses = refusesBitmap(list);
  const counts = countWindows(list, refuses);
  const oversize = oversizeText(list);
  return {
    memory: list.memory,
    counters: { ...list.counters },
    counts,
    bitmapSize,
    windows: list.windows.count,
    windowBytes: list.windowBytes,
    slots: takenSlots(list),
    slotCount: list.cache.size,
    marks: windowMarks(list, Math.ceil(hostClusters / WINDOW_SIZE), refuses),
    sentences: [exposureText(list, counts), ...(oversize === undefined ? [] : [oversize])],
  };
}

/** Reads settings as QEMU reads its options; or says what it would say. */
export function parseOptions(options: OverlapOptions): Parsed<StructureSettings> {
  const guarded = guardedTypes({ mode: options.overlapCheck, types: options.types });
  if (!guarded.ok) return guarded;
  const bitmapSize = parseSize(options.bitmapSize, 'overlap-structures.bitmap-size');
  if (!bitmapSize.ok) return bitmapSize;
  const limit: Parsed<number> =
    options.totalSizeLimit === ''
      ? { ok: true, value: NO_LIMIT }
      : parseSize(options.totalSizeLimit, 'overlap-structures.total-size-limit');
  if (!limit.ok) return limit;
  const policy = options.limitPolicy;
  if (!isLimitPolicy(policy))
    return { ok: false, message: `limit-policy is '${policy}', expected 'evict' or 'fail'` };
  return {
    ok: true,
    value: {
      guarded: guarded.value,
      bitmapSize: bitmapSize.value,
      totalSizeLimit: limit.value,
      policy,
    },
  };
}

function sameOptions(a: OverlapOptions, b: OverlapOptions): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const clampPosition = (replay: Replay, position: number | undefined): number =>
  Math.min(position ?? Infinity, replay.operations.length);

function takenSlots(list: MetadataList): TakenSlot[] {
  const taken: TakenSlot[] = [];
  for (const [slot, window] of slotWindows(list).entries()) {
    if (taken.length === MOST_TOLD) break;
    if (window === undefined) continue;
    const used = list.windows.ages[list.windows.existingRow(window)];
    taken.push({ slot, window, age: used === 0 ? undefined : list.now - used });
  }
  return taken;
}

const FORM_ORDER = { empty: 0, fragments: 1, cached: 2, kept: 3 } as const;
const EXPOSURE_ORDER = { lost: 3, dropped: 2, refused: 1 } as const;

function sortKey(state: WindowState, column: WindowColumn): number {
  switch (column) {
    case 'form':
      return FORM_ORDER[state.form];
    case 'exposure':
      return state.exposure ? EXPOSURE_ORDER[state.exposure] : 0;
    case 'age':
      return state.age ?? Number.MAX_SAFE_INTEGER;
    case 'window':
    case 'used':
    case 'allocated':
      return state[column];
  }
}

function named({ types, lost, ...state }: WindowState): OverlapWindow {
  return { ...state, types: typeNames(types), lost: typeNames(lost) };
}

function runLengths(bytes: Uint8Array): number[] {
  const runs: number[] = [];
  for (const byte of bytes)
    if (runs[runs.length - 2] === byte) runs[runs.length - 1]++;
    else runs.push(byte, 1);
  return runs;
}

function settingAdvice(advice: Advice, settings: StructureSettings): SettingAdvice[] {
  return [
    {
      setting: 'totalSizeLimit',
      text: limitText(advice),
      value: formatSize(advice.limit.bytes),
    },
    {
      setting: 'bitmapSize',
      text: bitmapSizeText(advice, settings),
      value: formatSize(advice.bitmapSize.bytes),
    },
  ];
}
