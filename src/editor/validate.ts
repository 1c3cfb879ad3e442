import type {
  ClusterQuery,
  Curve,
  FindingsQuery,
  StructureQuery,
  TileQuery,
} from '../protocol/imageService.js';
import type { Request } from '../protocol/rpc.js';
import type { FromWebview } from '../protocol/webviewMessages.js';
import { isFindingCode } from '../core/layout/explain.js';
import type { Severity } from '../core/layout/finding.js';

/** Above every tile pyramid: 2^31 clusters in one row. */
const MAX_LEVEL = 31;
const MAX_PAGE = 1000;
/** A line of the structures tree may tell a long name: no page of them is to be above 256 KiB. */
const MAX_STRUCTURE_PAGE = 100;
/** The longest path names an entry of a snapshot's L2 table. */
const MAX_PATH = 200;
const MAX_COPY = 2 ** 20;

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
    case 'openHex':
      return isCount(message.offset) ? { type: 'openHex', offset: message.offset } : undefined;
    default:
      return undefined;
  }
}

/** The curve of that name; undefined for any other value. */
export const isCurve = (value: unknown): value is Curve => value === 'hilbert' || value === 'rows';

function requestOf(value: unknown): Request | undefined {
  if (!isRecord(value) || !isCount(value.id) || !isRecord(value.query)) return undefined;
  const { id } = value;
  switch (value.method) {
    case 'tile': {
      const query = tileQuery(value.query);
      return query && { id, method: 'tile', query };
    }
    case 'cluster': {
      const query = clusterQuery(value.query);
      return query && { id, method: 'cluster', query };
    }
    case 'findings': {
      const query = findingsQuery(value.query);
      return query && { id, method: 'findings', query };
    }
    case 'structure': {
      const query = structureQuery(value.query);
      return query && { id, method: 'structure', query };
    }
    default:
      return undefined;
  }
}

function tileQuery({ curve, level, x, y }: UnknownRecord): TileQuery | undefined {
  if (!isCurve(curve) || !isCount(level) || !isCount(x) || !isCount(y)) return undefined;
  return level <= MAX_LEVEL ? { curve, level, x, y } : undefined;
}

function clusterQuery({ cluster }: UnknownRecord): ClusterQuery | undefined {
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

const SEVERITIES = {
  error: true,
  corruption: true,
  leak: true,
  notice: true,
} as const satisfies Record<Severity, true>;

const isSeverity = (value: unknown): value is Severity =>
  typeof value === 'string' && Object.hasOwn(SEVERITIES, value);

type UnknownRecord = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is UnknownRecord =>
  typeof value === 'object' && value !== null;

/** A whole number from 0 to 2^53 − 1. */
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
