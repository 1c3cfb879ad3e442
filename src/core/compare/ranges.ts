/** A stretch of a disk or a file, in bytes. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

/** Joins ranges, told in ascending order, that touch. */
export function* joined(ranges: Iterable<Range>): Generator<Range, void, void> {
  let last: Range | undefined;
  for (const range of ranges) {
    if (range.length <= 0) continue;
    if (last && last.start + last.length >= range.start) {
      const end = Math.max(last.start + last.length, range.start + range.length);
      last = { start: last.start, length: end - last.start };
      continue;
    }
    if (last) yield last;
    last = range;
  }
  if (last) yield last;
}
