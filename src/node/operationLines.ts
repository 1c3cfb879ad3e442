import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What a list of operations may be; whoever reads one reads it here. Sizes in bytes. */
export const MAX_LIST_BYTES = 64 * 2 ** 20;
export const MAX_LINE_BYTES = 2 ** 16;
export const MAX_OPERATIONS_READ = 2 ** 20;

const READ_AT_ONCE = 2 ** 16;
const NEWLINE = 10;

/** An operation in words, and the number of its line. */
export interface OperationLine {
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a list of operations, but for empty ones; `-` is the standard input. Throws an Error
 * with a one-line message for a list that is too long, as soon as that is seen, and for I/O errors.
 */
export function* operationLines(file: string): Generator<OperationLine> {
  const descriptor = file === '-' ? 0 : openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > MAX_LIST_BYTES) throw tooLong(file, `${size} bytes`);
    yield* linesOf(descriptor, file);
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

function tooLong(file: string, found: string): Error {
  return new Error(
    `${file}: ${found}, expected at most ${MAX_LIST_BYTES} bytes, lines of ${MAX_LINE_BYTES} bytes and ${MAX_OPERATIONS_READ} operations`,
  );
}

function* linesOf(descriptor: number, file: string): Generator<OperationLine> {
  const bytes = Buffer.alloc(READ_AT_ONCE);
  let rest = Buffer.alloc(0);
  let total = 0;
  let number = 0;
  let operations = 0;
  const line = (text: string): OperationLine | undefined => {
    number++;
    if (text.trim() === '') return undefined;
    if (++operations > MAX_OPERATIONS_READ) throw tooLong(file, 'more operations than that');
    return { number, text };
  };
  for (;;) {
    const read = readSync(descriptor, bytes);
    total += read;
    if (total > MAX_LIST_BYTES) throw tooLong(file, `more than ${MAX_LIST_BYTES} bytes`);
    const part = Buffer.concat([rest, bytes.subarray(0, read)]);
    let start = 0;
    for (let end = part.indexOf(NEWLINE); end >= 0; end = part.indexOf(NEWLINE, start)) {
      const found = line(part.toString('utf8', start, end));
      start = end + 1;
      if (found) yield found;
    }
    rest = part.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw tooLong(file, `line ${number + 1} is too long`);
    if (read > 0) continue;
    const last = line(rest.toString('utf8'));
    if (last) yield last;
    return;
  }
}
