import { hashHex } from '../../core/bytes.js';
import type { MapEntry, MapOutcome } from './mapReport.js';
import { type Printable, t } from '../frame/printable.js';

/** Exact, also above 2^53, where a number's own text is not. */
const decimal = (value: number): string => BigInt(value).toString();

/** As QEMU 8.2 and later print it; before, there was no "compressed". */
function entryJson(separator: '[' | ',\n', entry: MapEntry): Printable {
  const { start, length, depth, present, zero, data, compressed, offset } = entry;
  const at = offset === undefined ? '' : `, "offset": ${decimal(offset)}`;
  const kind = `"zero": ${zero}, "data": ${data}, "compressed": ${compressed}`;
  const where = `"start": ${decimal(start)}, "length": ${decimal(length)}, "depth": ${depth}`;
  const rest = `{ ${where}, "present": ${present}, ${kind}${at}}`;
  return separator === '[' ? t`[${rest}` : t`,\n${rest}`;
}

/** The document of `qemu-img map --output=json`, in pieces; nothing when there is no entry. */
export function* mapJson(
  entries: Generator<MapEntry, MapOutcome, void>,
): Generator<Printable, MapOutcome, void> {
  let separator: '[' | ',\n' = '[';
  for (;;) {
    const { done, value } = entries.next();
    if (done) {
      if (separator !== '[') yield t`]\n`;
      return value;
    }
    yield entryJson(separator, value);
    separator = ',\n';
  }
}

const row = (start: string, length: string, at: string, file: string): Printable =>
  t`${start.padEnd(16)}${length.padEnd(16)}${at.padEnd(16)}${file}\n`;

/**
 * The table of `qemu-img map`, in pieces: all stretches with data. QEMU stops at data that is
 * compressed or encrypted; here it is named.
 */
export function* mapText(
  entries: Generator<MapEntry, MapOutcome, void>,
): Generator<Printable, MapOutcome, void> {
  let isFirst = true;
  for (;;) {
    const { done, value } = entries.next();
    if (done) return value;
    if (isFirst) yield row('Offset', 'Length', 'Mapped to', 'File');
    isFirst = false;
    const { start, length, data, offset, compressed, filename } = value;
    if (data)
      yield row(
        hashHex(start),
        hashHex(length),
        offset === undefined ? (compressed ? 'compressed' : 'encrypted') : hashHex(offset),
        filename,
      );
  }
}
