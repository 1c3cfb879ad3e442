import type {
  Answer,
  ClusterQuery,
  FindingsQuery,
  Method,
  StructureQuery,
  TileQuery,
} from '../src/protocol/imageService.js';
import type { Reply, Request } from '../src/protocol/rpc.js';

interface Waiting<A> {
  resolve(answer: A): void;
  reject(error: Error): void;
}

/** Questions to the worker, by way of the host. Every promise is settled by exactly one reply. */
export class Rpc {
  readonly #send: (request: Request) => void;
  readonly #waiting: { readonly [M in Method]: Map<number, Waiting<Answer<M>>> } = {
    tile: new Map(),
    cluster: new Map(),
    findings: new Map(),
    structure: new Map(),
  };
  #lastId = 0;

  constructor(send: (request: Request) => void) {
    this.#send = send;
  }

  tile(query: TileQuery): Promise<Answer<'tile'>> {
    return this.#ask(this.#waiting.tile, (id) => ({ id, method: 'tile', query }));
  }

  cluster(query: ClusterQuery): Promise<Answer<'cluster'>> {
    return this.#ask(this.#waiting.cluster, (id) => ({ id, method: 'cluster', query }));
  }

  findings(query: FindingsQuery): Promise<Answer<'findings'>> {
    return this.#ask(this.#waiting.findings, (id) => ({ id, method: 'findings', query }));
  }

  structure(query: StructureQuery): Promise<Answer<'structure'>> {
    return this.#ask(this.#waiting.structure, (id) => ({ id, method: 'structure', query }));
  }

  receive(reply: Reply): void {
    if (!reply.ok) {
      const error = new Error(reply.error);
      take(this.#waiting.tile, reply.id)?.reject(error);
      take(this.#waiting.cluster, reply.id)?.reject(error);
      take(this.#waiting.findings, reply.id)?.reject(error);
      take(this.#waiting.structure, reply.id)?.reject(error);
      return;
    }
    switch (reply.method) {
      case 'tile':
        take(this.#waiting.tile, reply.id)?.resolve(reply.value);
        break;
      case 'cluster':
        take(this.#waiting.cluster, reply.id)?.resolve(reply.value);
        break;
      case 'findings':
        take(this.#waiting.findings, reply.id)?.resolve(reply.value);
        break;
      case 'structure':
        take(this.#waiting.structure, reply.id)?.resolve(reply.value);
        break;
    }
  }

  #ask<A>(waiting: Map<number, Waiting<A>>, request: (id: number) => Request): Promise<A> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      this.#send(request(id));
    });
  }
}

/** The one that waits for reply `id`, who from then on waits no longer. */
function take<W>(waiting: Map<number, W>, id: number): W | undefined {
  const found = waiting.get(id);
  waiting.delete(id);
  return found;
}
