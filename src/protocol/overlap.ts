import type { Counters } from '../core/overlap/counters.js';
import type { LoggedEvent } from '../core/overlap/eventLog.js';
import type { MemoryUse } from '../core/overlap/memory.js';
import type { WindowCounts, WindowState } from '../core/overlap/windowState.js';

import type { OverlapOptions } from './shapes.js';

/** A setting of the overlap check. */
export type OverlapSetting = keyof OverlapOptions;

export type OverlapAnswer =
  /** Nothing is guarded: there are no structures. */
  | { readonly state: 'none' }
  /** A setting is refused, or the image would not open with it; in QEMU's words. */
  | {
      readonly state: 'failed';
      readonly message: string;
      /** The one to change; undefined when it is none of them. */
      readonly setting: OverlapSetting | undefined;
    }
  | ({ readonly state: 'built' } & BuiltOverlap);

/** The structures at one point of the replay. */
export interface BuiltOverlap {
  /** How many operations opening takes, and how many of them have been done. */
  readonly operations: number;
  readonly position: number;
  /** Undefined at the start. */
  readonly last: LastOperation | undefined;
  readonly memory: MemoryUse;
  readonly counters: Counters;
  readonly counts: WindowCounts;
  readonly bitmapSize: number;
  /** Windows in the array, and bytes of the file in each. */
  readonly windows: number;
  readonly windowBytes: number;
  /** Taken slots in ascending order, a few thousand at most; how many there are in all. */
  readonly slots: readonly TakenSlot[];
  readonly slotCount: number;
  /** All windows of the file from its start: code and number of windows in turn, see core/overlap/windowMarks.ts. */
  readonly marks: readonly number[];
  /** Memory-limit events of the whole opening. */
  readonly events: number;
  /** What is unprotected and why, and what is odd about the settings: sentences. */
  readonly sentences: readonly string[];
}

export interface TakenSlot {
  readonly slot: number;
  readonly window: number;
  /** Uses of any window since this one was last used. */
  readonly age: number | undefined;
}

/** The operation that led to a state of the structures. */
export interface LastOperation {
  readonly text: string;
  /** Windows that it reached. */
  readonly windows: readonly number[];
  /** Windows that have lost their bitmaps to it. */
  readonly evicted: readonly number[];
}

/** The cache of bitmaps over some operations: which window each slot has after each of them. */
export interface SlotFilm {
  /** Operations before the first frame: frame 0 is the state after `from + 1` of them. */
  readonly from: number;
  readonly frames: number;
  /** In ascending order, some dozens at most; how many there are in all. */
  readonly slots: readonly FilmedSlot[];
  readonly slotCount: number;
  /** In the slots that are told; how many there are in all. */
  readonly evictions: readonly {
    /** The operation, from 1 on, to which the slot has lost the window. */
    readonly operation: number;
    readonly slot: number;
    readonly window: number;
  }[];
  readonly evictionCount: number;
}

export interface FilmedSlot {
  readonly slot: number;
  /** One after the other; without a window while the slot is free. */
  readonly runs: readonly { readonly window: number | undefined; readonly frames: number }[];
}

/** Columns of samples, evenly over the operations; see core/overlap/timeline.ts. */
export interface OverlapTimeline {
  readonly positions: readonly number[];
  readonly accounted: readonly number[];
  readonly held: readonly number[];
  readonly hits: readonly number[];
  readonly misses: readonly number[];
  readonly evictions: readonly number[];
  readonly conversions: readonly number[];
  readonly events: readonly number[];
}

/** A page of the windows that are not empty, or are unprotected. */
export interface OverlapWindowsPage {
  readonly total: number;
  /** Line of the window that was looked for, if there is one. */
  readonly found: number | undefined;
  readonly windows: readonly OverlapWindow[];
}

/** A window with its types by name. */
export interface OverlapWindow extends Omit<WindowState, 'types' | 'lost'> {
  readonly types: readonly string[];
  readonly lost: readonly string[];
}

/** A window opened. */
export interface OpenedWindow extends OverlapWindow {
  /** Set of types and number of clusters in turn, over the window's 4096 clusters. */
  readonly bytes: readonly number[];
  readonly fragments: readonly {
    readonly start: number;
    readonly clusters: number;
    readonly types: number;
  }[];
}

export interface OverlapEventsPage {
  readonly total: number;
  readonly events: readonly LoggedEvent[];
}

/** What would help, with a value for the setting. Computing goes on with each question. */
export type OverlapAdvice =
  | { readonly state: 'computing' }
  | { readonly state: 'none' }
  | { readonly state: 'known'; readonly advice: readonly SettingAdvice[] };

export interface SettingAdvice {
  readonly setting: 'bitmapSize' | 'totalSizeLimit';
  readonly text: string;
  /** The value in QEMU's spelling; undefined when none was found. */
  readonly value: string | undefined;
}
