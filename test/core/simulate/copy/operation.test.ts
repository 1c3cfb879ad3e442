import { describe, expect, it } from 'vitest';
import {
  operationText,
  parseSimulatedOperation,
} from '../../../../src/core/simulate/copy/operation.js';

const refused = (line: string): string | undefined => {
  const parsed = parseSimulatedOperation(line);
  return parsed.ok ? undefined : parsed.message;
};

describe('operations of a list', () => {
  it.each([
    ['write 1M 0x200', { type: 'write', offset: 2 ** 20, length: 512 }],
    ['  write-zeroes 0 1.5k unmap', { type: 'write-zeroes', offset: 0, length: 1536, unmap: true }],
    ['write-compressed 64k 64k', { type: 'write-compressed', offset: 65536, length: 65536 }],
    ['discard 0 7', { type: 'discard', offset: 0, length: 7 }],
    ['flush', { type: 'flush' }],
    ['close', { type: 'close' }],
    ['abort', { type: 'abort' }],
    ['snapshot-create two words', { type: 'snapshot-create', name: 'two words' }],
    ['snapshot-delete s', { type: 'snapshot-delete', name: 's' }],
    [
      'host-write active-l2 64k 512',
      { type: 'host-write', kind: 'active-l2', offset: 65536, length: 512 },
    ],
  ])('reads %j, and writes it so that it is read again', (line, operation) => {
    const parsed = parseSimulatedOperation(line);
    expect(parsed).toEqual({ ok: true, value: operation });
    if (parsed.ok) expect(parseSimulatedOperation(operationText(parsed.value))).toEqual(parsed);
  });

  it.each([
    ['foo', 'command "foo" not found'],
    ['write x 1', 'Parsing error: non-numeric argument, or extraneous/unrecognized suffix -- x'],
    ['write 0 1x', 'Parsing error: non-numeric argument, or extraneous/unrecognized suffix -- 1x'],
    ['write 0 99999999999999999999', 'Parsing error: argument too large -- 99999999999999999999'],
    ['write 8E 1', 'Parsing error: argument too large -- 8E'],
    ['write 0 3G', 'length cannot exceed 2147483136 without -n, given 3G'],
    ['discard 0 3G', 'length cannot exceed 2147483136, given 3G'],
    ['write-compressed 100 512', "100 is not a sector-aligned value for 'offset'"],
    ['write-compressed 0 100', "100 is not a sector-aligned value for 'count'"],
  ])('refuses %j as qemu-io does', (line, message) => {
    expect(refused(line)).toBe(message);
  });

  it.each([
    ['write 0', 'bad argument count 1 to write, expected OFF LEN'],
    ['flush 0', 'bad argument count 1 to flush, expected no arguments'],
    ['snapshot-create', 'bad argument count 0 to snapshot-create, expected NAME'],
    ['host-write nothing 0 1', /^host-write of 'nothing', expected one of main-header/],
  ])('refuses %j', (line, message) => {
    expect(refused(line)).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });
});
