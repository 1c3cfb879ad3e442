import type { Answer, ImageEvent, Method, Query } from './imageService.js';

/** A question with its number; the reply carries the same number. */
export type Request = {
  [M in Method]: { readonly id: number; readonly method: M; readonly query: Query<M> };
}[Method];

/** The answer to the question of the same number; `method` tells its type. */
export type Reply =
  | {
      [M in Method]: {
        readonly type: 'reply';
        readonly id: number;
        readonly ok: true;
        readonly method: M;
        readonly value: Answer<M>;
      };
    }[Method]
  | { readonly type: 'reply'; readonly id: number; readonly ok: false; readonly error: string };

/** Host → worker. */
export type ToWorker =
  | { readonly type: 'request'; readonly request: Request }
  /** Stop the scan; what is known so far stays answerable. */
  | { readonly type: 'cancel' };

/** Worker → host. */
export type FromWorker = Reply | { readonly type: 'event'; readonly event: ImageEvent };
