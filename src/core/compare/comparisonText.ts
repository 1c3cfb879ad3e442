import { sizeText } from '../numbers.js';
import type { Comparison } from './comparison.js';

/** Ranges that are told; the JSON document has all. */
const MAX_LINES = 50;

const place = (offset: number): string => `0x${offset.toString(16).padStart(12, '0')}`;

/** A comparison for people, line by line; names are as the images have them. `a`, `b`: what was compared. */
export function* comparisonLines(
  { guest, host, snapshots, notes }: Comparison,
  a: string,
  b: string,
): Generator<string, void, void> {
  const bytes = guest.reduce((sum, { length }) => sum + length, 0);
  yield `From ${a} to ${b}:`;
  yield '';
  yield guest.length === 0
    ? 'The disks lie alike'
    : `${sizeText(bytes)} of the disk lie elsewhere or in another form`;
  for (const { start, length } of guest.slice(0, MAX_LINES))
    yield `  ${place(start)}  ${sizeText(length)}`;
  if (guest.length > MAX_LINES) yield `  and ${guest.length - MAX_LINES} ranges more`;
  for (const [what, runs] of [
    ['came into use', host.appeared],
    ['are in use no more', host.vanished],
    ['have another refcount', host.changed],
  ] as const) {
    const clusters = runs.reduce((sum, run) => sum + run.clusters, 0);
    if (clusters > 0) {
      yield '';
      yield `${clusters} clusters of the file ${what}`;
    }
    for (const run of runs.slice(0, MAX_LINES)) yield `  ${place(run.offset)}  ${run.clusters}`;
    if (runs.length > MAX_LINES) yield `  and ${runs.length - MAX_LINES} runs more`;
  }
  for (const added of snapshots.added) yield* ['', `Snapshot '${added}' is new`];
  for (const removed of snapshots.removed) yield* ['', `Snapshot '${removed}' is gone`];
  for (const note of notes) yield* ['', `Note: ${note}.`];
}
