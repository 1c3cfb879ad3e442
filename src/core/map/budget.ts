/** Raised when what is kept of an image would take more memory than it may. */
export class BudgetError extends Error {
  /** Bytes that would have been taken later on, as far as that is known. */
  readonly expected: number;

  constructor(expected: number) {
    super('what is to be kept of this image is larger than its budget');
    this.expected = expected;
  }
}

/** Bytes that may still be taken: a hostile image can ask for any number of them. */
export class Budget {
  readonly bytes: number;
  #left: number;
  #expected = 0;

  constructor(bytes: number) {
    this.bytes = bytes;
    this.#left = bytes;
  }

  /** Throws BudgetError, before anything is allocated, when so many bytes are not left. */
  take(bytes: number): void {
    if (bytes > this.#left) throw new BudgetError(this.#expected);
    this.#left -= bytes;
  }

  /** So many bytes will be needed in parts, which are taken one by one. */
  expect(bytes: number): void {
    this.#expected += bytes;
  }

  /** Bytes that are taken no more. */
  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}
