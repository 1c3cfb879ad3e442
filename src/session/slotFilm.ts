import type { Replay } from '../core/overlap/replay.js';
import { slotWindows } from '../core/overlap/windowState.js';
import type { FilmedSlot, SlotFilm } from '../protocol/overlap.js';

/** Slots that are told: more rows than a picture has room for. */
const MAX_SLOTS = 64;

/** What stands for a slot without a window in a row of the film. */
const FREE = -1;

/** Which window each slot of the cache has after each of some operations, and which had to go. */
export function slotFilm(replay: Replay, from: number, count: number): SlotFilm {
  const start = Math.min(from, replay.operations.length);
  const frames = Math.min(count, replay.operations.length - start);
  const film: number[][] = [];
  const evictions: { operation: number; slot: number; window: number }[] = [];
  let before = slotWindows(replay.at(start));
  for (let frame = 0; frame < frames; frame++) {
    const now = slotWindows(replay.at(start + frame + 1));
    const held = new Set(now);
    for (const [slot, window] of before.entries())
      if (window !== undefined && !held.has(window))
        evictions.push({ operation: start + frame + 1, slot, window });
    for (const [slot, window] of now.entries()) {
      film[slot] ??= new Array<number>(frames).fill(FREE);
      film[slot][frame] = window ?? FREE;
    }
    before = now;
  }
  const shown = chosen(film);
  return {
    from: start,
    frames,
    slots: shown.map((slot): FilmedSlot => ({ slot, runs: runsOf(film[slot]) })),
    slotCount: film.length,
    evictions: evictions.filter(({ slot }) => shown.includes(slot)),
    evictionCount: evictions.length,
  };
}

/** Where there are too many slots, those in which something happens come first. */
function chosen(film: readonly (readonly number[])[]): number[] {
  const slots = [...film.keys()];
  if (slots.length <= MAX_SLOTS) return slots;
  const isQuiet = (slot: number): boolean => film[slot].every((window) => window === film[slot][0]);
  const busy = slots.filter((slot) => !isQuiet(slot));
  const quiet = slots.filter(isQuiet);
  return [...busy, ...quiet].slice(0, MAX_SLOTS).sort((a, b) => a - b);
}

function runsOf(windows: readonly number[]): FilmedSlot['runs'] {
  const runs: { window: number | undefined; frames: number }[] = [];
  for (const each of windows) {
    const window = each === FREE ? undefined : each;
    const last = runs.at(-1);
    if (last && last.window === window) last.frames++;
    else runs.push({ window, frames: 1 });
  }
  return runs;
}
