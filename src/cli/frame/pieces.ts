import type { Output } from './output.js';
import { linesOf, Printable, t } from './printable.js';

/** Pieces that are printed at once: there may be millions of short ones. */
const PRINTED_AT_ONCE = 1000;

/** Prints what comes in pieces, until there is no more; the result is what comes with the end. */
export function printPieces<T>(
  output: Pick<Output, 'print'>,
  pieces: Generator<Printable, T, void>,
): T {
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

/** Complains line by line, each as `worded` has it: there may be millions. */
export function complainLines(
  output: Output,
  lines: Iterable<string>,
  worded: (line: string) => string,
): void {
  let gathered: string[] = [];
  for (const line of lines) {
    gathered.push(worded(line));
    if (gathered.length < PRINTED_AT_ONCE) continue;
    output.complain(linesOf(gathered));
    gathered = [];
  }
  output.complain(linesOf(gathered));
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

/** An array of a JSON document whose elements are made when they are printed: there may be many. */
export class Elements<T> implements Iterable<object> {
  readonly #values: readonly T[];
  readonly #element: (value: T) => object;

  constructor(values: readonly T[], element: (value: T) => object) {
    this.#values = values;
    this.#element = element;
  }

  *[Symbol.iterator](): Generator<object, void, void> {
    for (const value of this.#values) yield this.#element(value);
  }

  toJSON(): readonly object[] {
    return [...this];
  }
}

/** A JSON object as `JSON.stringify` indents it, with its arrays in pieces. */
export function* jsonDocument(document: object): Generator<Printable, void, void> {
  let separator = t`{\n `;
  for (const [key, value] of Object.entries<unknown>({ ...document })) {
    if (value === undefined) continue;
    yield t`${separator}${Printable.json(key)}: `;
    separator = t`,\n `;
    if (!isIterable(value)) {
      yield Printable.json(value, 1).indented(1);
      continue;
    }
    let bracket = t`[\n  `;
    let end = t`[]`;
    for (const element of value) {
      yield t`${bracket}${Printable.json(element, 1).indented(2)}`;
      bracket = t`,\n  `;
      end = t`\n ]`;
    }
    yield end;
  }
  yield t`\n}\n`;
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;
