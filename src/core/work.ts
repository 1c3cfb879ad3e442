/** Work that takes a while, in steps: whoever drives it may do something else between them, or drop it. */
export type Work<T = void> = Generator<undefined, T, void>;

/** Does all of it at once, whatever its steps tell on the way. */
export function finish<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
