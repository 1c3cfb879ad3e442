/** A part of a session whose code is loaded when it is first asked for, and which is made once. */
export class Room<T> {
  readonly #load: () => Promise<T>;
  #coming: Promise<T> | undefined;
  #part: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** It, if it has been asked for and is there. */
  get known(): T | undefined {
    return this.#part;
  }

  /** Loads it the first time; after a failure, which is thrown, the next time again. */
  async get(): Promise<T> {
    this.#coming ??= this.#load();
    try {
      this.#part ??= await this.#coming;
      return this.#part;
    } catch (error) {
      this.#coming = undefined;
      throw error;
    }
  }
}
