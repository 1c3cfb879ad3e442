import { describe, expect, it } from 'vitest';
import { spaceBill } from '../../src/core/space/bill.js';
import { finish } from '../../src/core/work.js';
import { SpaceSession } from '../../src/session/spaceSession.js';
import { scanned } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';

const scan = scanned(
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 24 })
      .write(0, 64)
      .snapshot({ name: 'a' })
      .write(0, 16)
      .snapshot({ name: 'b' })
      .write(0, 32)
      .snapshot({ name: 'a' }),
  ),
);
const bill = finish(spaceBill(scan));

describe('the bill of an open image', () => {
  it('is added up when it is asked for, and is that of the command line', () => {
    const session = new SpaceSession(4096);
    expect(session.advance(1)).toBe(false);
    expect(session.answer(scan, { gone: [], bitmaps: [], leaks: false })).toEqual({ state: 'computing', done: 0 });
    while (session.advance(1));
    const answer = session.answer(scan, { gone: [0, 1], bitmaps: [], leaks: false });
    if (answer.state !== 'known') throw new Error(answer.state);
    expect(answer.parts).toEqual(bill.parts);
    expect(answer.freedBytes).toBe(bill.freedBy([0, 1]));
    expect(answer.allFreedBytes).toBe(bill.freedBy([0, 1, 2]));
    expect(answer.freedBytes).toBeGreaterThan(
      answer.snapshots[0].freedBytes + answer.snapshots[1].freedBytes,
    );
    expect(answer.snapshots.map(({ name, isNamesake }) => [name, isNamesake])).toEqual([
      ['a', true],
      ['b', false],
      ['a', true],
    ]);
  });
});
