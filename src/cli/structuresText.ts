import { hex } from '../core/bytes.js';
import type { Advice } from '../core/overlap/advice.js';
import {
  bitmapSizeText,
  exposureText,
  limitText,
  oversizeText,
  windowsText,
} from '../core/overlap/adviceText.js';
import { NO_LIMIT, type StructureSettings } from '../core/overlap/settings.js';
import { typeNames } from '../core/overlap/types.js';
import {
  countWindows,
  refusesBitmap,
  slotWindows,
  windowStates,
} from '../core/overlap/windowState.js';
import { formatSize } from '../core/size.js';
import type { StructuresOfImage } from './structuresJson.js';

/** Rows of a table, and events, that a person reads. `--json` has them all. */
const MOST_ROWS = 20;

export const NONE_TEXT =
  'Nothing is guarded (overlap-check=none): no structures are created, and no limit applies.\n';

/** The structures as a short text for people. */
export function* structuresText(of: StructuresOfImage): Generator<string> {
  const { settings, replay, advice } = of;
  const list = replay.final;
  const refuses = refusesBitmap(list);
  const counts = countWindows(list, refuses);
  yield `${of.filename}: ${windowsText(list.windows.count)} of ${formatSize(list.windowBytes)}\n`;
  yield `${settingsText(settings)}\n\n`;
  yield* memoryText(of);
  const { hits, misses, evictions, conversions, kept, events } = list.counters;
  yield (
    `\nopening  ${replay.operations.length} operations: ${hits} hits, ${misses} misses, ` +
    `${evictions} evictions, ${conversions} conversions, ${kept} bitmaps kept, ${events} events\n`
  );
  const { forms } = counts;
  yield `windows  ${forms.empty} empty, ${forms.fragments} as fragments, ${forms.cached} cached, ${forms.kept} kept\n`;
  const slots = slotWindows(list).flatMap((window) => (window === undefined ? [] : [window]));
  yield `slots    ${list.cache.size}, of which ${slots.length} taken${slots.length > 0 ? `: ${some(slots)}` : ''}\n\n`;
  yield* windowRows(of, refuses);
  yield* eventsText(of);
  yield `${exposureText(list, counts)}\n`;
  const oversize = oversizeText(list);
  if (oversize !== undefined) yield `${oversize}\n`;
  yield `${limitText(advice)}\n${bitmapSizeText(advice, settings)}\n`;
}

/** What to do about structures that cannot be created. */
export function failedText(
  filename: string,
  settings: StructureSettings,
  message: string,
  advice: Advice,
): string {
  return (
    `${filename} does not open: ${message}.\n${settingsText(settings)}\n\n` +
    `${limitText(advice)}\n${bitmapSizeText(advice, settings)}\n`
  );
}

function settingsText(settings: StructureSettings): string {
  const { guarded, bitmapSize, totalSizeLimit, policy } = settings;
  const limit = totalSizeLimit >= NO_LIMIT ? 'none' : formatSize(totalSizeLimit);
  return (
    `bitmap-size ${formatSize(bitmapSize)}, total-size-limit ${limit}, limit-policy ${policy}\n` +
    `guarded: ${typeNames(guarded).join(', ')}`
  );
}

function* memoryText({ replay }: StructuresOfImage): Generator<string> {
  const { memory } = replay.final;
  yield 'memory   bytes\n';
  for (const part of [
    'list',
    'windows',
    'slots',
    'bitmaps',
    'fragments',
    'held',
    'accounted',
  ] as const)
    yield `  ${part.padEnd(10)} ${String(memory[part]).padStart(12)}\n`;
  if (memory.held !== memory.accounted)
    yield (
      `  The books are off by ${memory.accounted - memory.held}: ${memory.shrinkSlip} when lists ` +
      `were cut down, ${memory.dropSlip} when they were dropped.\n`
    );
}

function* windowRows({ replay }: StructuresOfImage, refuses: boolean): Generator<string> {
  const list = replay.final;
  let rows = 0;
  for (const state of windowStates(list, refuses)) {
    if (state.form === 'empty' && !state.exposure) continue;
    if (rows === 0) yield ' window           start  form       fragments  age        holds\n';
    if (rows++ >= MOST_ROWS) continue;
    const { window, start, form, used, allocated, age, exposure, types } = state;
    yield (
      `${String(window).padStart(7)}  ${hex(start).padStart(14)}  ${form.padEnd(9)}  ` +
      `${`${used}/${allocated}`.padEnd(9)}  ${String(age ?? '').padEnd(9)}  ` +
      `${typeNames(types).join(', ') || 'nothing'}${exposure ? ` (unprotected: ${exposure})` : ''}\n`
    );
  }
  if (rows > MOST_ROWS) yield `        … and ${rows - MOST_ROWS} more (--json has them all)\n`;
  if (rows > 0) yield '\n';
}

function* eventsText({ replay: { events } }: StructuresOfImage): Generator<string> {
  for (const { operation, during, refused, start, length } of events.page(0, MOST_ROWS))
    yield (
      `memory limit reached: operation ${operation} (${during}) was refused ${refused}, ` +
      `start ${hex(start)}, length ${hex(length)}\n`
    );
  if (events.length > MOST_ROWS)
    yield `… and ${events.length - MOST_ROWS} more (--json has them all)\n`;
  if (events.length > 0) yield '\n';
}

function some(windows: readonly number[]): string {
  const shown = windows.slice(0, MOST_ROWS).join(' ');
  return windows.length > MOST_ROWS ? `${shown} …` : shown;
}
