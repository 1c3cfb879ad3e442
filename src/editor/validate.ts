import type {
  ClusterQuery,
  FindingsQuery,
  GuestClusterQuery,
  Method,
  Query,
  StripQuery,
  StructureQuery,
  TileQuery,
} from '../protocol/imageService.js';
import type { Request } from '../protocol/rpc.js';
import type { FromWebview } from '../protocol/webviewMessages.js';
import { LAYERS, type Picture, VIEWS } from '../core/picture/layer.js';
import { isGuardedType } from '../core/overlap/types.js';
import type {
  OverlapEventsQuery,
  OverlapOptions,
  OverlapQuery,
  OverlapWindowQuery,
  OverlapWindowsQuery,
  WindowColumn,
} from '../protocol/overlap.js';
import type {
  CacheMode,
  EngineName,
  MarksQuery,
  SimulateOptions,
  SimulateQuery,
  SweepQuery,
  StepsQuery,
} from '../protocol/simulation.js';
import { cellsQuery, locateQuery, nextQuery, rangesQuery } from './navigationQueries.js';
import { isCount, isCurve, isRecord, type UnknownRecord } from './values.js';
import { isFindingCode } from '../core/check/explanations.js';
import type { Severity } from '../core/check/finding.js';

/** Above every tile pyramid: 2^31 clusters in one row. */
const MAX_LEVEL = 31;
/** Rows of the tallest screen. */
const MAX_ROWS = 8192;
const MAX_PAGE = 1000;
/** A line of the structures tree may tell a long name: no page of them is to be above 256 KiB. */
const MAX_STRUCTURE_PAGE = 100;
/** The longest path names an entry of a snapshot's L2 table. */
const MAX_PATH = 200;
const MAX_COPY = 2 ** 20;
/** Bytes of a picture: more than a screen of 8K has. */
const MAX_FILE = 64 * 2 ** 20;
/** Characters of a setting that anybody would write. */
const MAX_SETTING = 100;
const MAX_OPERATIONS = 1000;
/** A line names at most a snapshot. */
const MAX_OPERATION = 1200;

/** What the webview sent, if it is a message of the protocol in every field; else undefined. */
export function fromWebview(message: unknown): FromWebview | undefined {
  if (!isRecord(message)) return undefined;
  switch (message.type) {
    case 'ready':
    case 'cancelScan':
    case 'reload':
      return { type: message.type };
    case 'request': {
      const request = requestOf(message.request);
      return request && { type: 'request', request };
    }
    case 'setOverlap': {
      const options = overlapOptions(message.options);
      return options && { type: 'setOverlap', options };
    }
    case 'setDiscardNoUnref': {
      const { discardNoUnref } = message;
      return typeof discardNoUnref === 'boolean'
        ? { type: 'setDiscardNoUnref', discardNoUnref }
        : undefined;
    }
    case 'setCurve':
      return isCurve(message.curve) ? { type: 'setCurve', curve: message.curve } : undefined;
    case 'selected': {
      const { cluster } = message;
      return cluster === undefined || isCount(cluster) ? { type: 'selected', cluster } : undefined;
    }
    case 'copy': {
      const { text } = message;
      return typeof text === 'string' && text.length <= MAX_COPY
        ? { type: 'copy', text }
        : undefined;
    }
    case 'history': {
      const { back, forward } = message;
      return typeof back === 'boolean' && typeof forward === 'boolean'
        ? { type: 'history', back, forward }
        : undefined;
    }
    case 'saveFile': {
      const { format, bytes } = message;
      if (format !== 'png' && format !== 'svg') return undefined;
      return bytes instanceof Uint8Array && bytes.length <= MAX_FILE
        ? { type: 'saveFile', format, bytes }
        : undefined;
    }
    case 'openHex':
      return isCount(message.offset) ? { type: 'openHex', offset: message.offset } : undefined;
    default:
      return undefined;
  }
}

function requestOf(value: unknown): Request | undefined {
  if (!isRecord(value) || !isCount(value.id) || !isRecord(value.query)) return undefined;
  return isMethod(value.method) ? readRequest(value.id, value.method, value.query) : undefined;
}

function readRequest<M extends Method>(
  id: number,
  method: M,
  value: UnknownRecord,
): Request<M> | undefined {
  const query = QUERIES[method](value);
  return query && { id, method, query };
}

const QUERIES: { readonly [M in Method]: (value: UnknownRecord) => Query<M> | undefined } = {
  tile: tileQuery,
  strip: stripQuery,
  layer: pictureOf,
  cluster: clusterQuery,
  guestCluster: clusterQuery,
  findings: findingsQuery,
  diagnosis: () => ({}),
  structure: structureQuery,
  next: nextQuery,
  cells: cellsQuery,
  subclusters: cellsQuery,
  mapped: clusterQuery,
  ranges: rangesQuery,
  locate: locateQuery,
  overlap: overlapQuery,
  overlapTimeline: overlapQuery,
  overlapWindows: overlapWindowsQuery,
  overlapWindow: overlapWindowQuery,
  overlapEvents: overlapEventsQuery,
  overlapAdvice: overlapQuery,
  simulate: simulateQuery,
  simulateVerdict: simulateQuery,
  simulateSteps: stepsQuery,
  simulateMarks: marksQuery,
  simulateDifference: simulateQuery,
  simulateOverlap: simulateQuery,
  simulateSweep: sweepQuery,
};

const isMethod = (value: unknown): value is Method =>
  typeof value === 'string' && Object.hasOwn(QUERIES, value);

function tileQuery(query: UnknownRecord): TileQuery | undefined {
  const { curve, level, x, y } = query;
  const picture = pictureOf(query);
  if (!picture || !isCurve(curve)) return undefined;
  if (!isCount(level) || level > MAX_LEVEL || !isCount(x) || !isCount(y)) return undefined;
  return { ...picture, curve, level, x, y };
}

function stripQuery({ rows }: UnknownRecord): StripQuery | undefined {
  return isCount(rows) && rows > 0 && rows <= MAX_ROWS ? { rows } : undefined;
}

function pictureOf({ view, layer }: UnknownRecord): Picture | undefined {
  const known = {
    view: VIEWS.find((each) => each === view),
    layer: LAYERS.find((each) => each === layer),
  };
  return known.view && known.layer && { view: known.view, layer: known.layer };
}

function clusterQuery({ cluster }: UnknownRecord): (ClusterQuery & GuestClusterQuery) | undefined {
  return isCount(cluster) ? { cluster } : undefined;
}

function findingsQuery({ from, count, severity, code }: UnknownRecord): FindingsQuery | undefined {
  if (!isCount(from) || !isCount(count) || count > MAX_PAGE) return undefined;
  if (severity !== undefined && !isSeverity(severity)) return undefined;
  if (code === undefined) return { from, count, severity };
  return isFindingCode(code) ? { from, count, severity, code } : undefined;
}

function structureQuery({ path, from, count }: UnknownRecord): StructureQuery | undefined {
  if (typeof path !== 'string' || path.length > MAX_PATH) return undefined;
  if (!isCount(from) || !isCount(count) || count > MAX_STRUCTURE_PAGE) return undefined;
  return { path, from, count };
}

function overlapQuery({ options, position }: UnknownRecord): OverlapQuery | undefined {
  const valid = overlapOptions(options);
  if (!valid || (position !== undefined && !isCount(position))) return undefined;
  return { options: valid, position };
}

function overlapWindowsQuery(query: UnknownRecord): OverlapWindowsQuery | undefined {
  const { sort, descending, from, count, find } = query;
  const base = overlapQuery(query);
  if (!base || !isWindowColumn(sort) || typeof descending !== 'boolean') return undefined;
  if (!isCount(from) || !isCount(count) || count > MAX_PAGE) return undefined;
  if (find !== undefined && !isCount(find)) return undefined;
  return { ...base, sort, descending, from, count, find };
}

function overlapWindowQuery(query: UnknownRecord): OverlapWindowQuery | undefined {
  const base = overlapQuery(query);
  return base && isCount(query.window) ? { ...base, window: query.window } : undefined;
}

function overlapEventsQuery({
  options,
  from,
  count,
}: UnknownRecord): OverlapEventsQuery | undefined {
  const valid = overlapOptions(options);
  if (!valid || !isCount(from) || !isCount(count) || count > MAX_PAGE) return undefined;
  return { options: valid, from, count };
}

/** Settings, whatever they say: the worker tells what is wrong with them. */
function overlapOptions(value: unknown): OverlapOptions | undefined {
  if (!isRecord(value) || !isRecord(value.types)) return undefined;
  const { overlapCheck, bitmapSize, totalSizeLimit, limitPolicy } = value;
  if (!isSetting(overlapCheck) || !isSetting(bitmapSize)) return undefined;
  if (!isSetting(totalSizeLimit) || !isSetting(limitPolicy)) return undefined;
  const types: Record<string, boolean> = {};
  for (const [type, guarded] of Object.entries(value.types)) {
    if (!isGuardedType(type) || typeof guarded !== 'boolean') return undefined;
    types[type] = guarded;
  }
  return { overlapCheck, types, bitmapSize, totalSizeLimit, limitPolicy };
}

function sweepQuery(query: UnknownRecord): SweepQuery | undefined {
  const options = simulateOptions(query.options);
  return options && { options };
}

function simulateQuery({ operations, options }: UnknownRecord): SimulateQuery | undefined {
  const valid = simulateOptions(options);
  if (!valid || !Array.isArray(operations) || operations.length > MAX_OPERATIONS) return undefined;
  return operations.every(isOperationLine) ? { operations, options: valid } : undefined;
}

function marksQuery(query: UnknownRecord): MarksQuery | undefined {
  const base = simulateQuery(query);
  const { operation } = query;
  return base && isCount(operation) ? { ...base, operation } : undefined;
}

function stepsQuery(query: UnknownRecord): StepsQuery | undefined {
  const base = marksQuery(query);
  const { from, count } = query;
  if (!base || !isCount(from) || !isCount(count) || count > MAX_PAGE) return undefined;
  return { ...base, from, count };
}

function simulateOptions(value: unknown): SimulateOptions | undefined {
  if (!isRecord(value) || !isRecord(value.caches)) return undefined;
  const { engine, cache, discardNoUnref } = value;
  const overlap = overlapOptions(value.overlap);
  if (!overlap || !isEngine(engine) || !isCacheMode(cache)) return undefined;
  if (typeof discardNoUnref !== 'boolean') return undefined;
  const { cacheSize, l2CacheSize, l2CacheEntrySize, refcountCacheSize } = value.caches;
  if (!isSetting(cacheSize) || !isSetting(l2CacheSize)) return undefined;
  if (!isSetting(l2CacheEntrySize) || !isSetting(refcountCacheSize)) return undefined;
  const caches = { cacheSize, l2CacheSize, l2CacheEntrySize, refcountCacheSize };
  return { overlap, caches, engine, cache, discardNoUnref };
}

const isOperationLine = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_OPERATION;

const isEngine = (value: unknown): value is EngineName =>
  value === 'today' || value === 'structures';

const isCacheMode = (value: unknown): value is CacheMode =>
  value === 'writethrough' || value === 'writeback';

const WINDOW_COLUMNS = {
  window: true,
  state: true,
  used: true,
  allocated: true,
  bytes: true,
  age: true,
} as const satisfies Record<WindowColumn, true>;

const isWindowColumn = (value: unknown): value is WindowColumn =>
  typeof value === 'string' && Object.hasOwn(WINDOW_COLUMNS, value);

const isSetting = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_SETTING;

const SEVERITIES = {
  error: true,
  corruption: true,
  leak: true,
  notice: true,
} as const satisfies Record<Severity, true>;

const isSeverity = (value: unknown): value is Severity =>
  typeof value === 'string' && Object.hasOwn(SEVERITIES, value);
