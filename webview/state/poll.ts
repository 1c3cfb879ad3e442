import { messageOf } from '../../src/core/text.js';

/** What is asked in a poll that is not out of date. */
class Turn {
  readonly #isCurrent: () => boolean;

  constructor(isCurrent: () => boolean) {
    this.#isCurrent = isCurrent;
  }

  /**
   * Asks until an answer is the last: each question lets the worker compute a little further.
   * Rejects when something newer is asked; then no answer is taken any more.
   *
   * @param take takes an answer; whether it is the last
   * @param pause milliseconds between two questions
   */
  async until<A>(
    ask: () => Promise<A>,
    take: (answer: A) => boolean,
    pause?: number,
  ): Promise<void> {
    for (;;) {
      const answer = await ask();
      this.#check();
      if (take(answer)) return;
      if (pause === undefined) continue;
      await new Promise((resolve) => setTimeout(resolve, pause));
      this.#check();
    }
  }

  #check(): void {
    if (!this.#isCurrent()) throw new Error('out of date');
  }
}

/** Asks again and again while something is being computed; what is asked last wins. */
export class Poll {
  #turn = 0;
  #running = 0;

  /** Some answer is on its way, perhaps one that nobody wants any more. */
  get isRunning(): boolean {
    return this.#running > 0;
  }

  /** Nobody wants to know any more. */
  drop(): void {
    this.#turn++;
  }

  /** Whatever was asked before is out of date. `failed` hears why there is no answer. */
  async run(
    questions: (turn: Turn) => Promise<void>,
    failed: (message: string) => void,
  ): Promise<void> {
    const turn = ++this.#turn;
    const isCurrent = (): boolean => turn === this.#turn;
    this.#running++;
    try {
      await questions(new Turn(isCurrent));
    } catch (error) {
      if (isCurrent()) failed(messageOf(error));
    } finally {
      this.#running--;
    }
  }
}
