import type { Output } from './output.js';
import { Printable, t } from './printable.js';

/** Pieces that are printed at once: there may be millions of short ones. */
const PRINTED_AT_ONCE = 1000;

/** Prints what comes in pieces, until there is no more; the result is what comes with the end. */
export function printPieces<T>(output: Output, pieces: Generator<Printable, T, void>): T {
  let gathered: Printable[] = [];
  for (;;) {
    const { done, value } = pieces.next();
    if (done || gathered.length >= PRINTED_AT_ONCE) {
      output.print(Printable.join(gathered));
      gathered = [];
    }
    if (done) return value;
    gathered.push(value);
  }
}

/** A JSON array, an element a line. */
export function* jsonArray(values: Iterable<unknown>): Generator<Printable, void, void> {
  let isFirst = true;
  for (const value of values) {
    const line = Printable.json(value);
    yield isFirst ? t`[\n ${line}` : t`,\n ${line}`;
    isFirst = false;
  }
  yield isFirst ? t`[]` : t`\n]`;
}
