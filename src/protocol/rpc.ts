import type { Answer, ImageEvent, ImageService, Method, Query } from './imageService.js';

/** A question with its number; the reply carries the same number. */
export type Request<M extends Method = Method> = {
  [K in M]: { readonly id: number; readonly method: K; readonly query: Query<K> };
}[M];

/** The answer to the question of the same number; `method` tells its type. */
export type Answered<M extends Method = Method> = {
  [K in M]: {
    readonly type: 'reply';
    readonly id: number;
    readonly ok: true;
    readonly method: K;
    readonly value: Answer<K>;
  };
}[M];

export type Reply =
  | Answered
  | { readonly type: 'reply'; readonly id: number; readonly ok: false; readonly error: string };

/** Asks the service. Throws what it throws. */
export function answer<M extends Method>(service: ImageService, request: Request<M>): Answered<M> {
  const { id, method } = request;
  return { type: 'reply', id, ok: true, method, value: service[method](request.query) };
}

/** Host → worker. */
export type ToWorker =
  | { readonly type: 'request'; readonly request: Request }
  /** Stop the scan; what is known so far stays answerable. */
  | { readonly type: 'cancel' }
  /** Something may have happened to the file. */
  | { readonly type: 'look' };

/** Worker → host. */
export type FromWorker = Reply | { readonly type: 'event'; readonly event: ImageEvent };
