import { KINDS, type KindName } from '../core/map/kinds.js';
import type { SearchTarget } from '../core/inspect/search.js';
import type { CellsQuery, LocateQuery, NextQuery, RangesQuery } from '../protocol/navigation.js';
import { isCount, isCurve } from './values.js';
import { isRecord, type UnknownRecord } from '../core/record.js';

/** Blocks along an edge of any picture. */
const MAX_BLOCK = 2 ** 26;
const MAX_RANGES = 500;

/** The fields of questions about finding one's way, if they are what the protocol says. */
export function nextQuery({ target, from, direction }: UnknownRecord): NextQuery | undefined {
  const valid = searchTarget(target);
  if (!valid || (direction !== 1 && direction !== -1)) return undefined;
  return from === undefined || isCount(from) ? { target: valid, from, direction } : undefined;
}

export function cellsQuery({ curve, x, y }: UnknownRecord): CellsQuery | undefined {
  if (!isCurve(curve) || !isCount(x) || !isCount(y)) return undefined;
  return x < MAX_BLOCK && y < MAX_BLOCK ? { curve, x, y } : undefined;
}

export function rangesQuery(query: UnknownRecord): RangesQuery | undefined {
  const { from, count, at } = query;
  const filter = query.filter === undefined ? undefined : searchTarget(query.filter);
  if (query.filter !== undefined && (!filter || filter.type === 'corruption')) return undefined;
  if (!isCount(from) || !isCount(count) || count > MAX_RANGES) return undefined;
  if (at !== undefined && !isCount(at)) return undefined;
  return { filter: filter?.type === 'corruption' ? undefined : filter, from, count, at };
}

export function locateQuery({ place }: UnknownRecord): LocateQuery | undefined {
  if (!isRecord(place)) return undefined;
  const { type, cluster, offset, l1Index, l2Index, selected } = place;
  switch (type) {
    case 'cluster':
      return isCount(cluster) ? { place: { type, cluster } } : undefined;
    case 'host':
    case 'guest':
      return isCount(offset) ? { place: { type, offset } } : undefined;
    case 'l1':
      return isCount(l1Index) ? { place: { type, l1Index } } : undefined;
    case 'l2':
      return isCount(l1Index) && isCount(l2Index)
        ? { place: { type, l1Index, l2Index } }
        : undefined;
    case 'selected-l2':
      return isCount(l2Index) && isCount(selected)
        ? { place: { type, l2Index, selected } }
        : undefined;
    default:
      return undefined;
  }
}

function searchTarget(value: unknown): SearchTarget | undefined {
  if (!isRecord(value)) return undefined;
  switch (value.type) {
    case 'kind':
      return isKindName(value.kind) ? { type: 'kind', kind: value.kind } : undefined;
    case 'claimed-twice':
    case 'leak':
    case 'too-low':
    case 'corruption':
      return { type: value.type };
    default:
      return undefined;
  }
}

const NAMES: ReadonlySet<unknown> = new Set<KindName>([...KINDS, 'unallocated']);
const isKindName = (value: unknown): value is KindName => NAMES.has(value);
