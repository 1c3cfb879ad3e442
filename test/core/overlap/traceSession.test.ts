import { describe, expect, it } from 'vitest';
import { TraceSession } from '../../../src/core/overlap/traceSession.js';

const CREATE = 'create 9 1000000 4096 18446744073709551615 255';

function messages(...lines: string[]): string[] {
  const session = new TraceSession('evict');
  return lines.flatMap((line) => {
    const applied = session.apply(line);
    return applied.ok ? [] : [applied.message];
  });
}

describe('an operations file', () => {
  it('is applied line by line', () => {
    const session = new TraceSession('evict');
    expect(session.apply(CREATE).ok).toBe(true);
    session.apply('  enter 0x200 2   4 ');
    expect(session.apply('check 0 1024 1')).toEqual({
      ok: true,
      value: {
        op: 'check 0 1024 1',
        ret: 4,
        events: [],
        mem: 4188,
        windows: 1,
        slots: [0],
        w: [[0, 1, 0, 0]],
      },
    });
  });

  it('says what is wrong with a line', () => {
    expect(
      messages(
        'check 0 0 1',
        CREATE,
        'destroy 1',
        'enter 0 1',
        'enter 0 -1 4',
        'enter 0 2147483648 4',
        'enter 9007199254740992 1 4',
        'create 8 1000 4096 4096 1',
        'create 9 1000 18446744073709551615 18446744073709551615 1',
      ),
    ).toEqual([
      "'check' before a list was created",
      "unknown operation 'destroy', expected one of create, enter, remove, check",
      'enter takes OFFSET CLUSTERS TYPES, found 2 numbers',
      "CLUSTERS of enter is '-1', expected 0 to 2147483647",
      "CLUSTERS of enter is '2147483648', expected 0 to 2147483647",
      "OFFSET of enter is '9007199254740992', expected 0 to 9007199254740991",
      "CLUSTER_BITS of create is '8', expected 9 to 21",
      '4503599627370496 cache slots, expected at most 16777216',
    ]);
  });
});
