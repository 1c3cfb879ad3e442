import { parseSize, type ParseResult } from '../size.js';
import { BiosnoopLog } from './biosnoopLog.js';
import { BLKPARSE_ACTIONS, type BlkparseAction, BlkparseLog } from './blkparseLog.js';
import { guessCsv } from './csvGuess.js';
import { type CsvLayout, CsvLog, type Separator, SEPARATORS } from './csvLog.js';
import { FioLog } from './fioLog.js';
import type { LineFormat } from './lineReader.js';
import { OperationsLog } from './operationsLog.js';
import { QEMU_EVENTS, type QemuEvents, QemuLog } from './qemuLog.js';
import { REQUEST_KINDS } from './request.js';

/** How a workload's file is to be read. All of it may be chosen otherwise than it was guessed. */
export type WorkloadFormat =
  | { readonly name: 'fio' | 'biosnoop' | 'operations' }
  | { readonly name: 'blkparse'; readonly action: BlkparseAction }
  | { readonly name: 'qemu'; readonly events: QemuEvents }
  | {
      readonly name: 'csv';
      readonly layout: CsvLayout;
      /** The public set of traces that looks so. */
      readonly set?: string | undefined;
    };

const FORMAT_NAMES = ['fio', 'blkparse', 'qemu', 'biosnoop', 'csv', 'operations'] as const;

/** Bytes at the beginning of a file that a guess goes by. */
export const GUESSED_BY = 2 ** 16;

const LONGEST = 4096;

/** Reads the lines of a format; with a volume, only its requests. */
export function lineFormat(format: WorkloadFormat, volume: string | undefined): LineFormat {
  switch (format.name) {
    case 'fio':
      return new FioLog(volume);
    case 'blkparse':
      return new BlkparseLog(format.action, volume);
    case 'qemu':
      return new QemuLog(format.events, volume);
    case 'biosnoop':
      return new BiosnoopLog(volume);
    case 'operations':
      return new OperationsLog();
    case 'csv':
      return new CsvLog(format.layout, volume);
  }
}

const BLKPARSE = /^\s*\d+,\d+\s+\d+\s+\d+\s+\d+\.\d+\s+\d+\s+([A-Z]+)\s/;
const QEMU = /^(?:\d+@\d+\.\d+:)?(blk_co_p|bdrv_co_p|qcow2_\w+_start_req )/;
const OTHER_QEMU = /^(?:\d+@\d+\.\d+:)?(?:qcow2|bdrv|blk|qemu)_\w+ /;
const OPERATION = new RegExp(`^\\s*(?:${REQUEST_KINDS.join('|')})(?:\\s|$)`);

/** What the beginning of a file looks like; undefined for what is no workload. */
export function guessFormat(head: Uint8Array): WorkloadFormat | undefined {
  const bytes = head.subarray(0, GUESSED_BY);
  if (bytes.includes(0)) return undefined;
  const text = new TextDecoder().decode(bytes);
  const lines = text.split('\n');
  // The last one may be cut.
  if (lines.length > 1 && bytes.length === GUESSED_BY) lines.pop();
  if (lines.every((line) => line.length > LONGEST)) return undefined;
  const [first] = lines;
  if (first.startsWith('fio version')) return { name: 'fio' };
  if (first.startsWith('TIME(s)')) return { name: 'biosnoop' };
  const actions = lines.flatMap((line) => BLKPARSE.exec(line)?.[1] ?? []);
  if (actions.length > 0)
    return {
      name: 'blkparse',
      action: BLKPARSE_ACTIONS.find((action) => actions.includes(action)) ?? 'Q',
    };
  const events = new Set(lines.flatMap((line) => QEMU.exec(line)?.[1] ?? []));
  if (events.size > 0)
    return {
      name: 'qemu',
      events: events.has('blk_co_p') ? 'blk' : events.has('bdrv_co_p') ? 'bdrv' : 'qcow2',
    };
  if (lines.some((line) => OTHER_QEMU.test(line))) return { name: 'qemu', events: 'blk' };
  if (lines.some((line) => OPERATION.test(line))) return { name: 'operations' };
  const csv = guessCsv(lines);
  return csv && { name: 'csv', ...csv };
}

/**
 * Reads `NAME[:KEY=VALUE,…]`, what a user says of a file: `blkparse:action=D`, `qemu:events=bdrv`,
 * `csv:offset=5,length=6,op=4,offset-unit=512`. What it leaves out is as it was guessed. Columns
 * count from 1.
 */
export function parseFormat(
  text: string,
  guess: WorkloadFormat | undefined,
): ParseResult<WorkloadFormat> {
  const [word, ...rest] = text.split(':');
  const name = FORMAT_NAMES.find((one) => one === word);
  if (!name)
    return wrong(`there is no format '${word}', expected one of ${FORMAT_NAMES.join(', ')}`);
  const pairs = rest
    .join(':')
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [key, ...value] = pair.split('=');
      return [key, value.join('=')] as const;
    });
  if (name === 'csv') return csvFormat(guess?.name === 'csv' ? guess.layout : undefined, pairs);
  const [pair] = pairs;
  if (name === 'blkparse') {
    if (!pair) return right({ name, action: guess?.name === 'blkparse' ? guess.action : 'Q' });
    const action = BLKPARSE_ACTIONS.find((one) => one === pair[1]);
    return pair[0] === 'action' && action
      ? right({ name, action })
      : wrong(`blkparse takes action=${BLKPARSE_ACTIONS.join('|')}, found ${pair.join('=')}`);
  }
  if (name === 'qemu') {
    if (!pair) return right({ name, events: guess?.name === 'qemu' ? guess.events : 'blk' });
    const events = QEMU_EVENTS.find((one) => one === pair[1]);
    return pair[0] === 'events' && events
      ? right({ name, events })
      : wrong(`qemu takes events=${QEMU_EVENTS.join('|')}, found ${pair.join('=')}`);
  }
  return pair ? wrong(`${name} takes no settings, found ${pair.join('=')}`) : right({ name });
}

type Settable = { -readonly [K in keyof CsvLayout]?: CsvLayout[K] };

function csvFormat(
  guessed: CsvLayout | undefined,
  pairs: readonly (readonly [string, string])[],
): ParseResult<WorkloadFormat> {
  const layout: Settable = { ...guessed };
  for (const [key, value] of pairs) {
    const message = setOne(layout, key, value);
    if (message !== undefined) return wrong(`csv: ${message}`);
  }
  const { offset, length, separator = 'comma', offsetUnit = 1, lengthUnit = 1 } = layout;
  if (offset === undefined || length === undefined)
    return wrong(
      'csv: no column can be told to be the offset or the length; say offset=N,length=N',
    );
  const { operation, volume, zero = 'read' } = layout;
  return right({
    name: 'csv',
    layout: { separator, offset, length, operation, volume, offsetUnit, lengthUnit, zero },
  });
}

const COLUMNS = { offset: 'offset', length: 'length', op: 'operation', volume: 'volume' } as const;
const UNITS = { 'offset-unit': 'offsetUnit', 'length-unit': 'lengthUnit' } as const;
const KEYS = [...Object.keys(COLUMNS), ...Object.keys(UNITS), 'separator', 'zero'];

/** Sets one; the result is what is wrong with it. */
function setOne(layout: Settable, key: string, value: string): string | undefined {
  if (key === 'offset' || key === 'length' || key === 'op' || key === 'volume') {
    if (!/^[1-9]\d?$/.test(value)) return `${key} is '${value}', expected the number of a column`;
    layout[COLUMNS[key]] = Number(value) - 1;
  } else if (key === 'offset-unit' || key === 'length-unit') {
    const size = parseSize(value, key);
    if (!size.ok || size.value === 0 || size.value > 2 ** 20)
      return `${key} is '${value}', expected bytes, such as 1 or 512`;
    layout[UNITS[key]] = size.value;
  } else if (key === 'separator') {
    const separator = isSeparator(value) ? value : undefined;
    if (!separator)
      return `separator is '${value}', expected one of ${Object.keys(SEPARATORS).join(', ')}`;
    layout.separator = separator;
  } else if (key === 'zero') {
    if (value !== 'read' && value !== 'write') return `zero is '${value}', expected read or write`;
    layout.zero = value;
  } else return `there is no '${key}', expected one of ${KEYS.join(', ')}`;
  return undefined;
}

const isSeparator = (word: string): word is Separator => Object.hasOwn(SEPARATORS, word);
const wrong = (message: string) => ({ ok: false, message }) as const;
const right = (value: WorkloadFormat) => ({ ok: true, value }) as const;
