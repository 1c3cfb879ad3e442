import type { CsvLayout, Separator } from './csvLog.js';

/** Lines that a guess goes by. */
const LOOKED_AT = 200;
const SECTOR = 512;

type Columns = Pick<CsvLayout, 'offset' | 'length' | 'operation' | 'volume'>;

/** A public set of traces whose tables have no names of columns, known by its shape. */
interface KnownSet extends Columns {
  readonly name: string;
  readonly separator: Separator;
  readonly columns: number;
  readonly operation: number;
  /** What stands in the column of operations. */
  readonly words: RegExp;
  readonly offsetUnit: number;
  readonly lengthUnit: number;
  readonly zero: CsvLayout['zero'];
}

const LETTERS = /^(r|w|read|write)$/i;
const DIGITS = /^[01]$/;

const KNOWN: readonly KnownSet[] = [
  set('MSR Cambridge', 'comma', 7, { operation: 3, offset: 4, length: 5, volume: 2 }, LETTERS, 1),
  set('Alibaba 2020', 'comma', 5, { operation: 1, offset: 2, length: 3, volume: 0 }, LETTERS, 1),
  set('SPC', 'comma', 5, { operation: 3, offset: 1, length: 2, volume: 0 }, LETTERS, SECTOR, 1),
  set('SYSTOR 2017', 'comma', 6, { operation: 2, offset: 4, length: 5, volume: 3 }, /^[rw]?$/i, 1),
  set('Tencent CBS', 'comma', 5, { operation: 3, offset: 1, length: 2, volume: 4 }, DIGITS, SECTOR),
  set(
    'FIU',
    'blank',
    9,
    { operation: 5, offset: 3, length: 4, volume: undefined },
    LETTERS,
    SECTOR,
  ),
  {
    ...set('MQSim', 'blank', 5, { operation: 4, offset: 2, length: 3, volume: 1 }, DIGITS, SECTOR),
    zero: 'write',
  },
];

function set(
  name: string,
  separator: Separator,
  columns: number,
  places: Columns & { readonly operation: number },
  words: RegExp,
  offsetUnit: number,
  lengthUnit = offsetUnit,
): KnownSet {
  return { name, separator, columns, words, offsetUnit, lengthUnit, zero: 'read', ...places };
}

/** How a table of requests is laid out, as far as its beginning tells. */
export interface CsvGuess {
  readonly layout: CsvLayout;
  /** The set of traces that looks so. */
  readonly set: string | undefined;
}

/** Undefined for lines in which no column can be an offset, or none a length. */
export function guessCsv(head: readonly string[]): CsvGuess | undefined {
  const lines = head.filter((line) => line.trim() !== '').slice(0, LOOKED_AT);
  if (lines.length === 0) return undefined;
  const separator = separatorOf(lines);
  const table = lines.map((line) => cellsOf(line, separator));
  const hasNames = !table[0].some(isNumber);
  const rows = hasNames ? table.slice(1) : table;
  if (rows.length === 0) return undefined;
  const known = KNOWN.find((one) => looksLike(one, separator, rows));
  if (known) {
    const { offset, length, operation, volume, offsetUnit, lengthUnit, zero } = known;
    const places = { offset, length, operation, volume };
    return { layout: { separator, ...places, offsetUnit, lengthUnit, zero }, set: known.name };
  }
  const columns = (hasNames ? byName(table[0]) : undefined) ?? byContents(rows);
  if (!columns) return undefined;
  const { offset, length } = columns;
  const numbers = (column: number): number[] =>
    rows.flatMap((row) => (isNumber(row[column] ?? '') ? [Number(row[column])] : []));
  const unit = inSectors(numbers(offset), numbers(length)) ? SECTOR : 1;
  return {
    layout: { separator, ...columns, offsetUnit: unit, lengthUnit: unit, zero: 'read' },
    set: undefined,
  };
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

function separatorOf(lines: readonly string[]): Separator {
  const everywhere = (character: string): boolean =>
    lines.filter((line) => line.split(character).length >= 3).length * 2 > lines.length;
  if (everywhere(',')) return 'comma';
  if (everywhere(';')) return 'semicolon';
  return everywhere('\t') ? 'tab' : 'blank';
}

const CHARACTER: Readonly<Record<Exclude<Separator, 'blank'>, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
};

const cellsOf = (line: string, separator: Separator): string[] =>
  separator === 'blank'
    ? line.trim().split(/\s+/)
    : line.split(CHARACTER[separator]).map((cell) => cell.replace(/^[\s"]+|[\s"]+$/g, ''));

function looksLike(one: KnownSet, separator: Separator, rows: readonly string[][]): boolean {
  if (separator !== one.separator) return false;
  const fitting = rows.filter(
    (row) =>
      row.length === one.columns &&
      one.words.test(row[one.operation]) &&
      isNumber(row[one.offset]) &&
      isNumber(row[one.length]),
  );
  return fitting.length * 10 >= rows.length * 9;
}

function byName(names: readonly string[]): Columns | undefined {
  const find = (pattern: RegExp): number | undefined => {
    const index = names.findIndex((name) => pattern.test(name.toLowerCase()));
    return index < 0 ? undefined : index;
  };
  const offset = find(/^(offset|lba|sector|address|addr|start|blkno|block)/);
  const length = find(/^(size|length|len|bytes|nbytes|blocks|sectors|count)/);
  if (offset === undefined || length === undefined || offset === length) return undefined;
  return {
    offset,
    length,
    operation: find(/^(op|type|io_?type|rw|r\/w|opcode|operation|direction|cmd)/),
    volume: find(/^(vol|disk|dev|lun|asu|image)/),
  };
}

/** The operation is R or W, the length what is never large, the offset what is largest of the rest. */
function byContents(rows: readonly string[][]): Columns | undefined {
  const width = Math.min(...rows.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, index) => rows.map((row) => row[index]));
  const operation = columns.findIndex((cells) => cells.every((cell) => LETTERS.test(cell)));
  const numeric = columns
    .map((cells, index) => ({ index, values: cells.map(Number), isNumeric: cells.every(isNumber) }))
    .filter(({ index, isNumeric }) => isNumeric && index !== operation);
  const isTime = (values: readonly number[]): boolean =>
    values.length > 2 && values.every((value, i) => i === 0 || value >= values[i - 1]);
  const places = numeric.filter(({ values }) => !isTime(values) || numeric.length <= 2);
  const length = places.findLast(({ values }) =>
    values.every((value) => value > 0 && value < 2 ** 28),
  );
  const offset = places
    .filter((column) => column !== length)
    .toSorted((a, b) => Math.max(...b.values) - Math.max(...a.values))[0];
  if (!length || !offset) return undefined;
  return {
    offset: offset.index,
    length: length.index,
    operation: operation < 0 ? undefined : operation,
    volume: undefined,
  };
}

/** Bytes are multiples of a sector, of disks that have any. */
function inSectors(offsets: readonly number[], lengths: readonly number[]): boolean {
  const isWhole = (value: number): boolean => value % SECTOR === 0;
  return !offsets.every(isWhole) && !lengths.every(isWhole) && lengths.every((n) => n < 2 ** 16);
}
