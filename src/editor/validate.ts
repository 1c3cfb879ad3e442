import * as v from 'valibot';
import { parseAssumedHeader } from '../core/qcow2/assumedHeader.js';
import type { Method, Query } from '../protocol/questions.js';
import { QUESTIONS } from '../protocol/questions.js';
import type { Request } from '../protocol/rpc.js';
import {
  cacheOptions,
  count,
  curve,
  guestCluster,
  hostCluster,
  hostOffset,
  overlapOptions,
} from '../protocol/shapes.js';
import { FILE_FORMATS, type FromWebview } from '../protocol/webviewMessages.js';

const MAX_COPY = 2 ** 20;
/** Longest address of a file. */
const MAX_URI = 2 ** 15;
/** Of all that can be assumed of a header. */
const MAX_ASSUMED = 1000;
const isAssumedHeader = (text: string): boolean => parseAssumedHeader(text, 'assume-header').ok;
/** Bytes of a picture: more than a screen of 8K has. */
const MAX_FILE = 64 * 2 ** 20;

const METHODS = v.custom<Method>(
  (value) => typeof value === 'string' && Object.hasOwn(QUESTIONS, value),
);

/** A question whose query has not been looked at. */
const question = v.object({ id: count, method: METHODS, query: v.unknown() });

const MESSAGE = v.variant('type', [
  v.object({
    type: v.picklist(['ready', 'cancelScan', 'reload', 'openBackingFile', 'readChain']),
  }),
  v.object({
    type: v.literal('loadWorkload'),
    isSecond: v.optional(v.boolean()),
    uri: v.optional(v.pipe(v.string(), v.maxLength(MAX_URI))),
  }),
  v.object({
    type: v.literal('openAsIf'),
    assumed: v.optional(v.pipe(v.string(), v.maxLength(MAX_ASSUMED), v.check(isAssumedHeader))),
  }),
  v.object({ type: v.literal('request'), request: question }),
  v.object({ type: v.literal('setOverlap'), options: overlapOptions }),
  v.object({ type: v.literal('setCaches'), options: cacheOptions }),
  v.object({ type: v.literal('setDiscardNoUnref'), discardNoUnref: v.boolean() }),
  v.object({ type: v.literal('setCurve'), curve }),
  v.object({
    type: v.literal('selected'),
    cluster: v.optional(hostCluster),
    guest: v.optional(guestCluster),
  }),
  v.object({ type: v.literal('history'), back: v.boolean(), forward: v.boolean() }),
  v.object({ type: v.literal('copy'), text: v.pipe(v.string(), v.maxLength(MAX_COPY)) }),
  v.object({
    type: v.literal('saveFile'),
    format: v.picklist(FILE_FORMATS),
    bytes: v.pipe(
      v.instance(Uint8Array),
      v.check((bytes) => bytes.length <= MAX_FILE),
    ),
  }),
  v.object({ type: v.literal('openHex'), offset: hostOffset }),
  v.object({ type: v.literal('openLayer'), depth: count }),
]);

/** What the webview sent, if it is a message of the protocol in every field; else undefined. */
export function fromWebview(unknown: unknown): FromWebview | undefined {
  const parsed = v.safeParse(MESSAGE, unknown);
  if (!parsed.success) return undefined;
  const message = parsed.output;
  switch (message.type) {
    case 'request': {
      const { id, method, query } = message.request;
      const request = readRequest(id, method, query);
      return request && { type: 'request', request };
    }
    case 'selected':
      return { type: 'selected', cluster: message.cluster, guest: message.guest };
    default:
      return message;
  }
}

function readRequest<M extends Method>(
  id: number,
  method: M,
  unknown: unknown,
): Request<M> | undefined {
  const schema: v.GenericSchema<unknown, Query<M>> = QUESTIONS[method].query;
  const parsed = v.safeParse(schema, unknown);
  return parsed.success ? { id, method, query: parsed.output } : undefined;
}
