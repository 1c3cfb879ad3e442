import { signal } from '@preact/signals';
import { messageOf } from '../../src/core/text.js';

/** Something of a bundle of its own, fetched when it is first wanted. */
export class Later<T> {
  /** Why it has not come. */
  readonly failure = signal<string | undefined>(undefined);
  readonly #made = signal<T | undefined>(undefined);
  readonly #fetch: () => Promise<T>;
  readonly #fetched: () => void;
  #isFetching = false;

  /** `fetched`: it is there from now on. */
  constructor(fetch: () => Promise<T>, fetched: () => void = () => undefined) {
    this.#fetch = fetch;
    this.#fetched = fetched;
  }

  /** It, once it has come; who reads it in an effect or a component hears of that. */
  get known(): T | undefined {
    return this.#made.value;
  }

  /** It, if it is there; it is fetched the first time. */
  want(): T | undefined {
    if (this.failure.peek() === undefined) void this.load();
    return this.#made.value;
  }

  /** Fetches it, unless it is there or on its way: also after a failure. */
  async load(): Promise<void> {
    if (this.#isFetching || this.#made.peek() !== undefined) return;
    this.#isFetching = true;
    try {
      this.#made.value = await this.#fetch();
      this.failure.value = undefined;
      this.#fetched();
    } catch (error) {
      this.failure.value = messageOf(error);
    } finally {
      this.#isFetching = false;
    }
  }
}
