import type { ImageEvent } from './imageService.js';
import type { Answer, Method, Query } from './questions.js';

/** A question with its number; the reply carries the same number. */
export type Request<M extends Method = Method> = {
  [K in M]: { readonly id: number; readonly method: K; readonly query: Query<K> };
}[M];

/** A question as it is sent: only who takes it in finds out whether the query is one of that method. */
export interface Question {
  readonly id: number;
  readonly method: Method;
  readonly query: Query<Method>;
}

/** The answer to the question of the same number; `method` tells its type. */
export type AnswerReply<M extends Method = Method> = {
  [K in M]: {
    readonly type: 'reply';
    readonly id: number;
    readonly ok: true;
    readonly method: K;
    readonly value: Answer<K>;
  };
}[M];

export type Reply =
  | AnswerReply
  | { readonly type: 'reply'; readonly id: number; readonly ok: false; readonly error: string };

const isAnswerTo = <M extends Method>(
  reply: AnswerReply,
  method: M,
): reply is AnswerReply & AnswerReply<M> => reply.method === method;

/** The answer that a reply brings. Throws an Error with what went wrong. */
export function valueOf<M extends Method>(reply: Reply, method: M): Answer<M> {
  if (!reply.ok) throw new Error(reply.error);
  if (!isAnswerTo(reply, method)) throw new Error(`an answer to ${reply.method}`);
  return reply.value;
}

/** Answers, at once or later. */
type Answering = {
  readonly [K in Method]: (query: Query<K>) => Answer<K> | Promise<Answer<K>>;
};

/** Asks the service. Throws what it throws. */
export async function answer<M extends Method>(
  service: Answering,
  request: Request<M>,
): Promise<AnswerReply<M>> {
  const { id, method } = request;
  return { type: 'reply', id, ok: true, method, value: await service[method](request.query) };
}

/** Host → worker. */
export type ToWorker<R = Request> =
  | { readonly type: 'request'; readonly request: R }
  /** Stop the scan; what is known so far stays answerable. */
  | { readonly type: 'cancel' }
  /** Something may have happened to the file. */
  | { readonly type: 'look' };

/** Worker → host. */
export type FromWorker = Reply | { readonly type: 'event'; readonly event: ImageEvent };
