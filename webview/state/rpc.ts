import type { Answer, Method, Query } from '../../src/protocol/imageService.js';
import type { Answered, Reply } from '../../src/protocol/rpc.js';
import type { Question } from '../../src/protocol/webviewMessages.js';

interface Waiting<A> {
  resolve(answer: A): void;
  reject(error: Error): void;
}

type WaitingByMethod = { readonly [M in Method]: Map<number, Waiting<Answer<M>>> };

/** Questions to the worker, by way of the host. Every promise is settled by exactly one reply. */
export class Rpc {
  readonly #send: (question: Question) => void;
  readonly #waiting: WaitingByMethod = {
    tile: new Map(),
    strip: new Map(),
    layer: new Map(),
    cluster: new Map(),
    guestCluster: new Map(),
    findings: new Map(),
    structure: new Map(),
    next: new Map(),
    cells: new Map(),
    subclusters: new Map(),
    mapped: new Map(),
    ranges: new Map(),
    locate: new Map(),
    overlap: new Map(),
    overlapTimeline: new Map(),
    overlapWindows: new Map(),
    overlapWindow: new Map(),
    overlapEvents: new Map(),
    overlapAdvice: new Map(),
    simulate: new Map(),
    simulateVerdict: new Map(),
    simulateSteps: new Map(),
    simulateMarks: new Map(),
    simulateDifference: new Map(),
    simulateOverlap: new Map(),
    simulateSweep: new Map(),
  };
  readonly #methods = new Map<number, Method>();
  #lastId = 0;

  constructor(send: (question: Question) => void) {
    this.#send = send;
  }

  ask<M extends Method>(method: M, query: Query<M>): Promise<Answer<M>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting[method].set(id, { resolve, reject });
      this.#methods.set(id, method);
      this.#send({ id, method, query });
    });
  }

  receive(reply: Reply): void {
    const { id } = reply;
    const method = this.#methods.get(id);
    if (method === undefined) return;
    if (reply.ok) this.#resolve(reply);
    else this.#waiting[method].get(id)?.reject(new Error(reply.error));
    this.#waiting[method].delete(id);
    this.#methods.delete(id);
  }

  #resolve<M extends Method>({ id, method, value }: Answered<M>): void {
    this.#waiting[method].get(id)?.resolve(value);
  }
}
