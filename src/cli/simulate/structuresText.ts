import { hex } from '../../core/bytes.js';
import type { Advice } from '../../core/overlap/advice.js';
import {
  bitmapSizeText,
  exposureText,
  limitText,
  oversizeText,
  windowsText,
} from '../../core/overlap/adviceText.js';
import { NO_LIMIT, type StructureSettings } from '../../core/overlap/settings.js';
import { typeNames } from '../../core/overlap/types.js';
import {
  countWindows,
  refusesBitmap,
  slotWindows,
  windowStates,
} from '../../core/overlap/windowState.js';
import { formatSize } from '../../core/size.js';
import { Printable, t } from '../frame/printable.js';
import type { StructuresOfImage } from './structuresJson.js';
import type { Subject } from '../frame/subject.js';

/** Rows of a table, and events, that a person reads. `--json` has them all. */
const MAX_ROWS = 20;

export const NONE_TEXT = t`Nothing is guarded (overlap-check=none): no structures are created, and no limit applies.\n`;

/** The structures as a short text for people. */
export function* structuresText(of: StructuresOfImage): Generator<Printable> {
  const { settings, replay, advice } = of;
  const list = replay.final;
  const refuses = refusesBitmap(list);
  const counts = countWindows(list, refuses);
  yield t`${of.subject.filename}: ${windowsText(list.windows.count)} of ${formatSize(list.windowBytes)}\n`;
  yield t`${settingsText(settings)}\n\n`;
  yield* memoryText(of);
  const { hits, misses, evictions, conversions, kept, events } = list.counters;
  yield t`\nopening  ${replay.operations.length} operations: ${hits} hits, ${misses} misses, `;
  yield t`${evictions} evictions, ${conversions} conversions, ${kept} bitmaps kept, ${events} events\n`;
  const { forms } = counts;
  yield t`windows  ${forms.empty} empty, ${forms.fragments} as fragments, ${forms.cached} cached, ${forms.kept} kept\n`;
  const slots = slotWindows(list).flatMap((window) => (window === undefined ? [] : [window]));
  yield t`slots    ${list.cache.size}, of which ${slots.length} taken${slots.length > 0 ? `: ${some(slots)}` : ''}\n\n`;
  yield* windowRows(of, refuses);
  yield* eventsText(of);
  yield t`${exposureText(list, counts)}\n`;
  const oversize = oversizeText(list);
  if (oversize !== undefined) yield t`${oversize}\n`;
  yield t`${limitText(advice)}\n${bitmapSizeText(advice, settings)}\n`;
}

/** What to do about structures that cannot be created. */
export function failedText(
  { filename }: Subject,
  settings: StructureSettings,
  message: string,
  advice: Advice,
): Printable {
  return Printable.join([
    t`${filename} does not open: ${message}.\n${settingsText(settings)}\n\n`,
    t`${limitText(advice)}\n${bitmapSizeText(advice, settings)}\n`,
  ]);
}

function settingsText(settings: StructureSettings): Printable {
  const { guarded, bitmapSize, totalSizeLimit, policy } = settings;
  const limit = totalSizeLimit >= NO_LIMIT ? 'none' : formatSize(totalSizeLimit);
  const sizes = `bitmap-size ${formatSize(bitmapSize)}, total-size-limit ${limit}`;
  return t`${sizes}, limit-policy ${policy}\nguarded: ${typeNames(guarded).join(', ')}`;
}

function* memoryText({ replay }: StructuresOfImage): Generator<Printable> {
  const { memory } = replay.final;
  yield t`memory   bytes\n`;
  for (const part of [
    'list',
    'windows',
    'slots',
    'bitmaps',
    'fragments',
    'held',
    'accounted',
  ] as const)
    yield t`  ${part.padEnd(10)} ${String(memory[part]).padStart(12)}\n`;
  if (memory.held !== memory.accounted) {
    yield t`  The books are off by ${memory.accounted - memory.held}: ${memory.shrinkSlip} when lists `;
    yield t`were cut down, ${memory.dropSlip} when they were dropped.\n`;
  }
}

function* windowRows({ replay }: StructuresOfImage, refuses: boolean): Generator<Printable> {
  const list = replay.final;
  let rows = 0;
  for (const state of windowStates(list, refuses)) {
    if (state.form === 'empty' && !state.exposure) continue;
    if (rows === 0) yield t` window           start  form       fragments  age        holds\n`;
    if (rows++ >= MAX_ROWS) continue;
    const { window, start, form, used, allocated, age, exposure, types } = state;
    yield t`${String(window).padStart(7)}  ${hex(start).padStart(14)}  ${form.padEnd(9)}  `;
    yield t`${`${used}/${allocated}`.padEnd(9)}  ${String(age ?? '').padEnd(9)}  `;
    yield t`${typeNames(types).join(', ') || 'nothing'}${exposure ? ` (unprotected: ${exposure})` : ''}\n`;
  }
  if (rows > MAX_ROWS) yield t`        … and ${rows - MAX_ROWS} more (--json has them all)\n`;
  if (rows > 0) yield t`\n`;
}

function* eventsText({ replay: { events } }: StructuresOfImage): Generator<Printable> {
  for (const { operation, during, refused, start, length } of events.page(0, MAX_ROWS)) {
    yield t`memory limit reached: operation ${operation} (${during}) was refused ${refused}, `;
    yield t`start ${hex(start)}, length ${hex(length)}\n`;
  }
  if (events.length > MAX_ROWS)
    yield t`… and ${events.length - MAX_ROWS} more (--json has them all)\n`;
  if (events.length > 0) yield t`\n`;
}

function some(windows: readonly number[]): string {
  const shown = windows.slice(0, MAX_ROWS).join(' ');
  return windows.length > MAX_ROWS ? `${shown} …` : shown;
}
