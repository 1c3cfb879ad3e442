import { messageOf } from '../../src/core/text.js';

export type Outcome<A> =
  { readonly ok: true; readonly answer: A } | { readonly ok: false; readonly error: string };

/** A question on its way, and the one to be asked after it. */
interface Asking<Q> {
  next: { readonly query: Q } | undefined;
}

/**
 * Asks one question at a time. Of those that come up while an answer is on its way, only the last is
 * asked: a slider that is dragged gets as many answers as there is time for.
 */
export class Latest<Q, A> {
  readonly #ask: (query: Q) => Promise<A>;
  readonly #receive: (query: Q, outcome: Outcome<A>) => void;
  #asking: Asking<Q> | undefined;

  constructor(ask: (query: Q) => Promise<A>, receive: (query: Q, outcome: Outcome<A>) => void) {
    this.#ask = ask;
    this.#receive = receive;
  }

  want(query: Q): void {
    if (this.#asking) this.#asking.next = { query };
    else void this.#run(query);
  }

  /** Nobody wants to know any more. */
  drop(): void {
    this.#asking = undefined;
  }

  async #run(query: Q): Promise<void> {
    const asking: Asking<Q> = { next: undefined };
    this.#asking = asking;
    const outcome = await this.#ask(query).then(
      (answer): Outcome<A> => ({ ok: true, answer }),
      (error: unknown): Outcome<A> => ({
        ok: false,
        error: messageOf(error),
      }),
    );
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    // The next one first: what is done with the answer may raise further questions.
    if (asking.next) void this.#run(asking.next.query);
    this.#receive(query, outcome);
  }
}
