import { hashHex } from '../core/bytes.js';
import type { MapEntry, MapOutcome } from './mapReport.js';

/** Exact, also above 2^53, where a number's own text is not. */
const decimal = (value: number): string => BigInt(value).toString();

function entryJson(entry: MapEntry): string {
  const { start, length, depth, present, zero, data, offset } = entry;
  const at = offset === undefined ? '' : `, "offset": ${decimal(offset)}`;
  return (
    `{ "start": ${decimal(start)}, "length": ${decimal(length)}, "depth": ${depth}, ` +
    `"present": ${present}, "zero": ${zero}, "data": ${data}${at}}`
  );
}

/** The document of `qemu-img map --output=json`, in pieces; nothing when there is no entry. */
export function* mapJson(
  entries: Generator<MapEntry, MapOutcome, void>,
): Generator<string, MapOutcome, void> {
  let separator = '[';
  for (;;) {
    const { done, value } = entries.next();
    if (done) {
      if (separator !== '[') yield ']\n';
      return value;
    }
    yield separator + entryJson(value);
    separator = ',\n';
  }
}

const row = (start: string, length: string, at: string, file: string): string =>
  `${start.padEnd(16)}${length.padEnd(16)}${at.padEnd(16)}${file}\n`;

/**
 * The table of `qemu-img map`, in pieces: all stretches with data. QEMU stops at data that is
 * compressed or encrypted; here it is named.
 */
export function* mapText(
  entries: Generator<MapEntry, MapOutcome, void>,
): Generator<string, MapOutcome, void> {
  let isFirst = true;
  for (;;) {
    const { done, value } = entries.next();
    if (done) return value;
    if (isFirst) yield row('Offset', 'Length', 'Mapped to', 'File');
    isFirst = false;
    const { start, length, data, offset, form, filename } = value;
    if (data)
      yield row(
        hashHex(start),
        hashHex(length),
        offset === undefined ? form : hashHex(offset),
        filename,
      );
  }
}
