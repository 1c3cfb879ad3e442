import { advise, type Advice } from '../core/overlap/advice.js';
import { bitmapSizeText, limitText } from '../core/overlap/adviceText.js';
import { fragmentClusters, fragmentStart, fragmentTypes } from '../core/overlap/fragments.js';
import type { MetadataList } from '../core/overlap/metadataList.js';
import { type OpenedStructures, StructureBuilder } from '../core/overlap/openedStructures.js';
import type { Replay } from '../core/overlap/replay.js';
import type { StructureSettings } from '../core/overlap/settings.js';
import { typeNames } from '../core/overlap/types.js';
import { sortedRows } from '../core/overlap/windowOrder.js';
import {
  refusesBitmap,
  slotWindows,
  stateOf,
  windowContents,
  type WindowState,
} from '../core/overlap/windowState.js';
import type { MappableImage } from '../core/qcow2/image.js';
import { formatSize } from '../core/size.js';
import type {
  OpenedWindow,
  OverlapAdvice,
  OverlapAnswer,
  OverlapEventsPage,
  OverlapTimeline,
  OverlapWindow,
  OverlapWindowsPage,
  SettingAdvice,
  SlotFilm,
} from '../protocol/overlap.js';
import { describeList, operationText } from './builtStructures.js';
import { slotFilm } from './slotFilm.js';
import { runSlice } from './slice.js';
import { readOptions, type ReadOptions } from './readOptions.js';
import type { OverlapQuery, Query } from '../protocol/questions.js';
import type { OverlapOptions } from '../protocol/shapes.js';

/** Samples of a time line: about as many as a chart has pixels. */
const SAMPLES = 256;
/** Milliseconds of searching for better settings before other questions get their turn. */
const SEARCH_SLICE = 40;

/** What came of some settings. */
interface Built {
  readonly options: OverlapOptions;
  readonly settings: ReadOptions;
  readonly opened: OpenedStructures;
  /** The search for better settings, once somebody asked; then what it found. */
  search?: Generator<void, Advice, void>;
  advice?: Advice;
}

/** The structures after some operations. The list stands only until the replay is asked again. */
interface Moment {
  readonly replay: Replay;
  readonly position: number;
  readonly list: MetadataList;
  /** Windows that its last operation has evicted. */
  readonly evicted: readonly number[];
  readonly refusesBitmaps: boolean;
}

/**
 * The overlap structures of one image under the settings asked for last. Nothing of the image is
 * read again when a setting changes. Throws on I/O errors.
 */
export class OverlapSession {
  readonly #image: MappableImage;
  readonly #builder: StructureBuilder;
  #built: Built | undefined;
  /** What holds of the position that was asked about last: several questions are asked of each. */
  #latest: { readonly position: number; readonly refusesBitmaps: boolean } | undefined;
  #sorted: { readonly key: string; readonly rows: Uint32Array } | undefined;

  constructor(image: MappableImage) {
    this.#image = image;
    this.#builder = new StructureBuilder(image);
  }

  state({ options, position }: OverlapQuery): OverlapAnswer {
    const { opened, settings } = this.#build(options);
    if (!settings.ok) {
      const { message, setting } = settings;
      return { state: 'failed', message, setting };
    }
    switch (opened.state) {
      case 'none':
        return opened;
      case 'failed':
        // What opening enters is known, so the list for it did not fit under the limit.
        return {
          ...opened,
          setting: this.#builder.operations(settings.value.guarded).ok
            ? 'totalSizeLimit'
            : undefined,
        };
      case 'built':
        return this.#told(this.#moment(opened.replay, position), settings.value);
    }
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

  film({ options, from, count }: Query<'overlapFilm'>): SlotFilm {
    return slotFilm(this.#replay(options), from, count);
  }

  windows({
    options,
    position,
    sort,
    descending,
    from,
    count,
    find,
  }: Query<'overlapWindows'>): OverlapWindowsPage {
    const moment = this.#moment(this.#replay(options), position);
    const { list, refusesBitmaps } = moment;
    const key = `${moment.position} ${sort} ${descending}`;
    if (this.#sorted?.key !== key)
      this.#sorted = { key, rows: sortedRows(list, refusesBitmaps, sort, descending) };
    const { rows } = this.#sorted;
    const found = find === undefined ? -1 : rows.indexOf(list.windows.existingRow(find));
    return {
      total: rows.length,
      found: found < 0 ? undefined : found,
      windows: Array.from(rows.subarray(from, from + count), (row) =>
        named(stateOf(list, row, refusesBitmaps)),
      ),
    };
  }

  window({ options, position, window }: Query<'overlapWindow'>): OpenedWindow | undefined {
    const { list, refusesBitmaps } = this.#moment(this.#replay(options), position);
    const contents = windowContents(list, window, refusesBitmaps);
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

  /** The first state after `position` operations in which more of something have happened. */
  next({ options, position, what }: Query<'overlapNext'>): number | undefined {
    const replay = this.#replay(options);
    const start = Math.min(position ?? Infinity, replay.operations.length);
    const before = replay.at(start).counters[what];
    const { positions } = replay.timeline;
    const sample = positions.findIndex(
      (at, index) => at > start && replay.timeline[what][index] > before,
    );
    if (sample < 0) return undefined;
    let none = Math.max(start, positions[sample - 1] ?? 0);
    let some = positions[sample];
    while (some - none > 1) {
      const middle = Math.floor((none + some) / 2);
      if (replay.at(middle).counters[what] > before) some = middle;
      else none = middle;
    }
    return some;
  }

  events({ options, from, count }: Query<'overlapEvents'>): OverlapEventsPage {
    const { events } = this.#replay(options);
    return { total: events.length, events: events.page(from, count) };
  }

  /** Computes on for a moment, and tells what is known. */
  advice({ options }: OverlapQuery): OverlapAdvice {
    const built = this.#build(options);
    const { settings, opened } = built;
    if (!settings.ok || opened.state === 'none') return { state: 'none' };
    const operations = this.#builder.operations(settings.value.guarded);
    if (!operations.ok) return { state: 'none' };
    built.search ??= advise(this.#builder.geometry, settings.value, operations.value);
    const { search } = built;
    runSlice(SEARCH_SLICE, () => {
      if (built.advice) return false;
      const step = search.next();
      if (step.done) built.advice = step.value;
      return !step.done;
    });
    return built.advice
      ? { state: 'known', advice: settingAdvice(built.advice, settings.value) }
      : { state: 'computing' };
  }

  #build(options: OverlapOptions): Built {
    if (this.#built && sameOptions(this.#built.options, options)) return this.#built;
    const settings = readOptions(options);
    // The old structures may be large: gone before the new ones are built.
    this.#built = undefined;
    this.#latest = undefined;
    this.#sorted = undefined;
    const opened: OpenedStructures = settings.ok
      ? this.#builder.build(settings.value)
      : { state: 'failed', message: settings.message };
    this.#built = { options, settings, opened };
    return this.#built;
  }

  #replay(options: OverlapOptions): Replay {
    const { opened } = this.#build(options);
    if (opened.state === 'built') return opened.replay;
    throw new Error('there are no overlap structures under these settings');
  }

  #moment(replay: Replay, asked: number | undefined): Moment {
    const position = Math.min(asked ?? Infinity, replay.operations.length);
    const before = position === 0 ? [] : cachedWindows(replay.at(position - 1));
    const list = replay.at(position);
    if (this.#latest?.position !== position)
      this.#latest = { position, refusesBitmaps: refusesBitmap(list) };
    const after = new Set(cachedWindows(list));
    const evicted = before.filter((window) => !after.has(window));
    return { replay, position, list, evicted, refusesBitmaps: this.#latest.refusesBitmaps };
  }

  #told(
    { replay, position, list, evicted, refusesBitmaps }: Moment,
    { bitmapSize }: StructureSettings,
  ): OverlapAnswer {
    const { clusterSize, hostClusters } = this.#image.geometry;
    return {
      state: 'built',
      operations: replay.operations.length,
      position,
      last:
        position === 0
          ? undefined
          : {
              ...operationText(replay.operations.at(position - 1), list.windowBytes, clusterSize),
              evicted,
            },
      events: replay.events.length,
      ...describeList(list, refusesBitmaps, bitmapSize, hostClusters),
    };
  }
}

const cachedWindows = (list: MetadataList): number[] =>
  [...slotWindows(list)].filter((window) => window !== undefined);

const sameOptions = (a: OverlapOptions, b: OverlapOptions): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

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
      value: advice.limit && formatSize(advice.limit.bytes),
    },
    {
      setting: 'bitmapSize',
      text: bitmapSizeText(advice, settings),
      value: advice.bitmapSize && formatSize(advice.bitmapSize.bytes),
    },
  ];
}
