import type { HostCluster } from '../../src/core/units.js';

/** The clusters that one has been at, and at which of them one is. */
export interface History {
  readonly places: readonly HostCluster[];
  /** Position of the place that one is at; −1 before there is any. */
  readonly at: number;
}

export const NOWHERE: History = { places: [], at: -1 };

/** Places remembered. */
const MAX_PLACES = 50;

/** Goes to a place: those that one had gone back from are forgotten. */
export function visited({ places, at }: History, cluster: HostCluster): History {
  if (places[at] === cluster) return { places, at };
  const before = places.slice(0, at + 1).slice(1 - MAX_PLACES);
  return { places: [...before, cluster], at: before.length };
}

/** One place back or forward, to one that still exists; undefined when there is none. */
export function travelled(
  { places, at }: History,
  direction: 1 | -1,
  exists: (cluster: HostCluster) => boolean,
): History | undefined {
  for (let to = at + direction; to >= 0 && to < places.length; to += direction)
    if (exists(places[to])) return { places, at: to };
  return undefined;
}

/** A history as it was kept, if it makes sense. */
export function readHistory(kept: unknown): History {
  if (typeof kept !== 'object' || kept === null || !('places' in kept) || !('at' in kept))
    return NOWHERE;
  const { places, at } = kept;
  if (!Array.isArray(places) || places.length > MAX_PLACES || !Number.isSafeInteger(at))
    return NOWHERE;
  const clusters = places.filter(
    (place): place is HostCluster => Number.isSafeInteger(place) && Number(place) >= 0,
  );
  const position = Number(at);
  const isSound = clusters.length === places.length && position >= -1 && position < clusters.length;
  return isSound ? { places: clusters, at: position } : NOWHERE;
}
