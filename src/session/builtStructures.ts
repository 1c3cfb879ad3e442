import { hex } from '../core/bytes.js';
import { exposureText, oversizeText } from '../core/overlap/adviceText.js';
import type { MetadataList } from '../core/overlap/metadataList.js';
import type { Operation } from '../core/overlap/operation.js';
import { plural } from '../core/numbers.js';
import { WINDOW_SIZE } from '../core/overlap/typeRuns.js';
import { typeNames } from '../core/overlap/types.js';
import { windowMarks } from '../core/overlap/windowMarks.js';
import { countWindows, slotWindows } from '../core/overlap/windowState.js';
import { formatSize } from '../core/size.js';
import type { BuiltOverlap, TakenSlot } from '../protocol/overlap.js';

/** Slots and reached windows that are told: more than anybody reads. */
const MAX_TOLD = 2048;

/**
 * The structures as they are now.
 *
 * @param refusesBitmaps see refusesBitmap
 * @param hostClusters of the file that the map shows
 */
export function describeList(
  list: MetadataList,
  refusesBitmaps: boolean,
  bitmapSize: number,
  hostClusters: number,
): Omit<BuiltOverlap, 'operations' | 'position' | 'last' | 'events'> {
  const counts = countWindows(list, refusesBitmaps);
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
    marks: windowMarks(list, Math.ceil(hostClusters / WINDOW_SIZE), refusesBitmaps),
    sentences: [exposureText(list, counts), ...(oversize === undefined ? [] : [oversize])],
  };
}

/** An operation in words, and the windows it reaches. */
export function operationText(
  operation: Operation,
  windowBytes: number,
  clusterSize: number,
): { text: string; windows: number[] } {
  const { offset } = operation;
  const size = operation.type === 'check' ? operation.size : operation.clusters * clusterSize;
  const first = Math.floor(offset / windowBytes);
  const last = Math.min(
    Math.floor((offset + Math.max(1, size) - 1) / windowBytes),
    first + MAX_TOLD - 1,
  );
  const windows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  if (operation.type === 'check')
    return { text: `check ${hex(offset)}, ${formatSize(size)}`, windows };
  const what = typeNames(operation.types).join(', ');
  const clusters = operation.clusters === 1 ? '' : `, ${plural(operation.clusters, 'cluster')}`;
  return { text: `${operation.type} ${what} at ${hex(offset)}${clusters}`, windows };
}

function takenSlots(list: MetadataList): TakenSlot[] {
  const taken: TakenSlot[] = [];
  for (const [slot, window] of slotWindows(list).entries()) {
    if (taken.length === MAX_TOLD) break;
    if (window === undefined) continue;
    const used = list.windows.ages[list.windows.existingRow(window)];
    taken.push({ slot, window, age: used === 0 ? undefined : list.now - used });
  }
  return taken;
}
