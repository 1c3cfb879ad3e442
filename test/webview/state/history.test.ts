import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOWHERE,
  readHistory,
  travelled,
  visited,
  type History,
} from '../../../webview/state/history.js';
import { hostCluster } from '../../../src/core/units.js';

const always = (): boolean => true;

/** Goes to one cluster after the other. */
const through = (...clusters: number[]): History =>
  clusters.reduce((history, cluster) => visited(history, hostCluster(cluster)), NOWHERE);

describe('places visited', () => {
  it('are gone back and forward through', () => {
    const at = through(5, 9, 5, 2);
    expect(at).toEqual({ places: [5, 9, 5, 2], at: 3 });
    const back = travelled(at, -1, always);
    expect(back?.at).toBe(2);
    expect(back && travelled(back, 1, always)).toEqual(at);
    expect(travelled(at, 1, always)).toBeUndefined();
  });

  it('are forgotten when one goes elsewhere from the middle', () => {
    const at = through(1, 2, 3);
    const back = travelled(at, -1, always) ?? NOWHERE;
    expect(visited(back, hostCluster(7))).toEqual({ places: [1, 2, 7], at: 2 });
    expect(visited(back, hostCluster(2))).toEqual(back);
  });

  it('that no longer exist are passed over', () => {
    const at = through(1, 900, 901, 3);
    expect(travelled(at, -1, (cluster) => cluster < 100)?.at).toBe(0);
  });

  it('are at most 50, the last ones, whatever one does', () => {
    const step = fc.oneof(fc.nat(5), fc.constantFrom('back', 'forward'));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let history: History = NOWHERE;
        for (const each of steps) {
          history =
            typeof each === 'number'
              ? visited(history, hostCluster(each))
              : (travelled(history, each === 'back' ? -1 : 1, always) ?? history);
          expect(history.places.length).toBeLessThanOrEqual(50);
          expect(history.at).toBeLessThan(history.places.length);
          if (typeof each === 'number') expect(history.places[history.at]).toBe(each);
          // Nothing is twice in a row: each step back shows something else.
          expect(history.places.some((place, i) => place === history.places[i + 1])).toBe(false);
          expect(readHistory(JSON.parse(JSON.stringify(history)))).toEqual(history);
        }
      }),
    );
  });

  it('are dropped when they make no sense', () => {
    for (const kept of [
      undefined,
      null,
      5,
      { places: [1], at: 1 },
      { places: [1], at: -2 },
      { places: ['1'], at: 0 },
      { places: [-1], at: 0 },
      { places: new Array<number>(51).fill(1), at: 0 },
      { places: {}, at: 0 },
    ])
      expect(readHistory(kept)).toEqual(NOWHERE);
    fc.assert(fc.property(fc.anything(), (kept) => readHistory(kept).at >= -1));
  });
});
