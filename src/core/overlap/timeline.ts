import type { MetadataList } from './metadataList.js';

/** Most samples of a time line: more than a chart has pixels. */
const MAX_SAMPLES = 1024;

/** How the structures came to be, as columns of equal length; each sample is a state. */
export interface Timeline {
  /** Operations done before each sample, ascending from 0. */
  readonly positions: Float64Array;
  /** Bytes. */
  readonly accounted: Float64Array;
  readonly held: Float64Array;
  /** Totals since the start. */
  readonly hits: Float64Array;
  readonly misses: Float64Array;
  readonly evictions: Float64Array;
  readonly conversions: Float64Array;
  readonly events: Float64Array;
}

/**
 * Samples a list before the first of `operations`, after the last and, evenly, in between.
 *
 * @param advance brings the list to the state after so many operations
 */
export function createTimeline(
  list: MetadataList,
  operations: number,
  advance: (position: number) => void,
): Timeline {
  const step = Math.max(1, Math.ceil(operations / (MAX_SAMPLES - 1)));
  const samples = Math.ceil(operations / step) + 1;
  const column = () => new Float64Array(samples);
  const timeline: Timeline = {
    positions: column(),
    accounted: column(),
    held: column(),
    hits: column(),
    misses: column(),
    evictions: column(),
    conversions: column(),
    events: column(),
  };
  for (let i = 0; i < samples; i++) {
    const position = Math.min(operations, i * step);
    advance(position);
    const { memory, counters } = list;
    timeline.positions[i] = position;
    timeline.accounted[i] = memory.accounted;
    timeline.held[i] = memory.held;
    timeline.hits[i] = counters.hits;
    timeline.misses[i] = counters.misses;
    timeline.evictions[i] = counters.evictions;
    timeline.conversions[i] = counters.conversions;
    timeline.events[i] = counters.events;
  }
  return timeline;
}
