import type { Answer, Method, Query } from '../../src/protocol/questions.js';
import { type Reply, valueOf } from '../../src/protocol/rpc.js';
import type { Question } from '../../src/protocol/rpc.js';

/** Questions to the worker, by way of the host. Every promise is settled by exactly one reply. */
export class Rpc {
  readonly #send: (question: Question) => void;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  constructor(send: (question: Question) => void) {
    this.#send = send;
  }

  async ask<M extends Method>(method: M, query: Query<M>): Promise<Answer<M>> {
    const id = ++this.#lastId;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, query });
    });
    return valueOf(reply, method);
  }

  receive(reply: Reply): void {
    this.#waiting.get(reply.id)?.(reply);
    this.#waiting.delete(reply.id);
  }
}
