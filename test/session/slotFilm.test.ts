import { describe, expect, it } from 'vitest';
import type { BuiltOverlap, SlotFilm } from '../../src/protocol/overlap.js';
import { OverlapSession } from '../../src/session/overlapSession.js';
import { openedMappable } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';

/** 12 MiB in 512-byte clusters: seven windows, which two slots are too few for. */
const image = openedMappable(
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 24, clusterBits: 9 })
      .write(0, 12_000)
      .snapshot({ name: 'a' })
      .write(100, 9000)
      .write(14_000, 3000),
  ),
);
const options = {
  overlapCheck: 'all',
  types: {},
  bitmapSize: '8K',
  totalSizeLimit: '',
  limitPolicy: 'evict',
};

function built(session: OverlapSession, position: number): BuiltOverlap {
  const answer = session.state({ options, position });
  if (answer.state !== 'built') throw new Error(JSON.stringify(answer));
  return answer;
}

/** The taken slots and their windows in a frame. */
const frameOf = ({ slots }: SlotFilm, frame: number): (readonly [number, number])[] =>
  slots.flatMap(({ slot, runs }) => {
    const windows = runs.flatMap(({ window, frames }) =>
      new Array<typeof window>(frames).fill(window),
    );
    const window: unknown = windows[frame];
    return typeof window === 'number' ? [[slot, window] as const] : [];
  });

describe('the film of the slots', () => {
  it('has in each frame what a step to that operation shows', () => {
    const session = new OverlapSession(image);
    const { operations } = built(session, 0);
    const frames = 40;
    let evictions = 0;
    for (const from of [0, Math.floor(operations / 2), operations - frames]) {
      const film = session.film({ options, from, count: frames });
      expect(film).toMatchObject({ from, frames });
      for (let frame = 0; frame < frames; frame++) {
        const state = built(session, from + frame + 1);
        expect(frameOf(film, frame)).toEqual(state.slots.map(({ slot, window }) => [slot, window]));
        const gone = film.evictions.filter(({ operation }) => operation === from + frame + 1);
        expect(gone.map(({ window }) => window)).toEqual(state.last?.evicted);
        evictions += gone.length;
      }
    }
    expect(evictions).toBeGreaterThan(0);
  });

  it('ends with the opening', () => {
    const session = new OverlapSession(image);
    const { operations } = built(session, 0);
    expect(session.film({ options, from: operations - 3, count: 100 }).frames).toBe(3);
    expect(session.film({ options, from: operations + 9, count: 100 }).frames).toBe(0);
  });
});
