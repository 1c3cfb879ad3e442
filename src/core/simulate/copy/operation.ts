import { GUARDED } from '../../map/kinds.js';
import { type ParseResult, parseSize } from '../../size.js';
import {
  bytes,
  type Bytes,
  guestOffset,
  type GuestOffset,
  hostOffset,
  type HostOffset,
} from '../../units.js';

/** What a host write may be: whatever the overlap checks guard, or guest data. */
export const HOST_WRITE_KINDS = [...GUARDED, 'data'] as const;

export type HostWriteKind = (typeof HOST_WRITE_KINDS)[number];

/** What is done to the simulated copy of an image. */
export type SimulatedOperation =
  | {
      readonly type: 'write' | 'write-compressed' | 'discard';
      readonly offset: GuestOffset;
      readonly length: Bytes;
    }
  | {
      readonly type: 'write-zeroes';
      readonly offset: GuestOffset;
      readonly length: Bytes;
      /** Host clusters may be given back. */
      readonly unmap: boolean;
    }
  /** `close` ends the session in order, `abort` loses what is only in memory. */
  | { readonly type: 'flush' | 'close' | 'abort' }
  | { readonly type: 'snapshot-create' | 'snapshot-delete'; readonly name: string }
  | {
      /** What if QEMU wrote a structure of this kind here? */
      readonly type: 'host-write';
      readonly kind: HostWriteKind;
      readonly offset: HostOffset;
      readonly length: Bytes;
    };

type OperationType = SimulatedOperation['type'];

/** What follows the name of each operation in a line. */
export const OPERATION_FORMS: Readonly<Record<OperationType, string>> = {
  write: 'OFF LEN',
  'write-zeroes': 'OFF LEN [unmap]',
  'write-compressed': 'OFF LEN',
  discard: 'OFF LEN',
  flush: '',
  close: '',
  abort: '',
  'snapshot-create': 'NAME',
  'snapshot-delete': 'NAME',
  'host-write': 'KIND OFF LEN',
};

/** The longest request of QEMU's block layer (BDRV_REQUEST_MAX_BYTES). */
export const MAX_BYTES = 2147483136;

const SECTOR = 512;

/** Reads one line of an operations list. Errors are qemu-io's where it has one. */
export function parseSimulatedOperation(line: string): ParseResult<SimulatedOperation> {
  const [word, ...rest] = line.trim().split(/\s+/);
  if (!isType(word)) return wrong(`command "${word}" not found`);
  switch (word) {
    case 'flush':
    case 'close':
    case 'abort':
      if (rest.length > 0) return wrong(takes(word, rest.length));
      return right({ type: word });
    case 'snapshot-create':
    case 'snapshot-delete':
      if (rest.length === 0) return wrong(takes(word, 0));
      return right({ type: word, name: line.trim().slice(word.length).trim() });
    case 'host-write':
      return hostWrite(rest);
    default:
      return guestRequest(word, rest);
  }
}

/** An operation as a line that parseSimulatedOperation reads. */
export function operationText(operation: SimulatedOperation): string {
  switch (operation.type) {
    case 'flush':
    case 'close':
    case 'abort':
      return operation.type;
    case 'snapshot-create':
    case 'snapshot-delete':
      return `${operation.type} ${operation.name}`;
    case 'host-write':
      return `host-write ${operation.kind} ${operation.offset} ${operation.length}`;
    case 'write-zeroes':
      return `write-zeroes ${operation.offset} ${operation.length}${operation.unmap ? ' unmap' : ''}`;
    case 'write':
    case 'write-compressed':
    case 'discard':
      return `${operation.type} ${operation.offset} ${operation.length}`;
  }
}

function guestRequest(
  type: 'write' | 'write-zeroes' | 'write-compressed' | 'discard',
  words: readonly string[],
): ParseResult<SimulatedOperation> {
  const unmap = type === 'write-zeroes' && words[2] === 'unmap';
  if (words.length !== (unmap ? 3 : 2)) return wrong(takes(type, words.length));
  const range = parseRange(words[0], words[1], type === 'discard' ? '' : ' without -n');
  if (!range.ok) return range;
  const { length } = range.value;
  const offset = guestOffset(range.value.offset);
  if (type === 'write-compressed')
    for (const [name, value] of [
      ['offset', offset],
      ['count', length],
    ] as const)
      if (value % SECTOR !== 0)
        return wrong(`${value} is not a sector-aligned value for '${name}'`);
  return right(
    type === 'write-zeroes' ? { type, offset, length, unmap } : { type, offset, length },
  );
}

function hostWrite(words: readonly string[]): ParseResult<SimulatedOperation> {
  if (words.length !== 3) return wrong(takes('host-write', words.length));
  const kind = HOST_WRITE_KINDS.find((name) => name === words[0]);
  if (!kind)
    return wrong(`host-write of '${words[0]}', expected one of ${HOST_WRITE_KINDS.join(', ')}`);
  const range = parseRange(words[1], words[2], '');
  if (!range.ok) return range;
  const { offset, length } = range.value;
  return right({ type: 'host-write', kind, offset: hostOffset(offset), length });
}

function parseRange(
  offsetText: string,
  lengthText: string,
  hint: string,
): ParseResult<{ readonly offset: number; readonly length: Bytes }> {
  const offset = parseAmount(offsetText);
  if (!offset.ok) return offset;
  const length = parseAmount(lengthText);
  if (!length.ok) return length;
  if (length.value > MAX_BYTES)
    return wrong(`length cannot exceed ${MAX_BYTES}${hint}, given ${lengthText}`);
  return { ok: true, value: { offset: offset.value, length: bytes(length.value) } };
}

/** An offset or a length as qemu-io takes it: a size below 2^63, with its errors (print_cvtnum_err). */
function parseAmount(text: string): ParseResult<number> {
  const parsed = parseSize(text, '');
  if (parsed.ok && parsed.value < 2 ** 63) return parsed;
  const tooLarge = parsed.ok || parsed.message.startsWith('Value');
  return {
    ok: false,
    message: tooLarge
      ? `Parsing error: argument too large -- ${text}`
      : `Parsing error: non-numeric argument, or extraneous/unrecognized suffix -- ${text}`,
  };
}

const takes = (type: OperationType, found: number): string =>
  OPERATION_FORMS[type] === ''
    ? `bad argument count ${found} to ${type}, expected no arguments`
    : `bad argument count ${found} to ${type}, expected ${OPERATION_FORMS[type]}`;

const wrong = (message: string) => ({ ok: false, message }) as const;
const right = (value: SimulatedOperation) => ({ ok: true, value }) as const;
const isType = (word: string): word is OperationType => Object.hasOwn(OPERATION_FORMS, word);
