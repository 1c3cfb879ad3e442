import { describe, expect, it } from 'vitest';
import { Latest, type Outcome } from '../../../webview/state/latest.js';

/** Questions that wait until the test answers them. */
function asker() {
  const open: { readonly query: number; answer(text: string): void; refuse(text: string): void }[] =
    [];
  const received: [number, Outcome<string>][] = [];
  const latest = new Latest<number, string>(
    (query) =>
      new Promise((resolve, reject) => {
        open.push({
          query,
          answer: resolve,
          refuse: (text) => {
            reject(new Error(text));
          },
        });
      }),
    (query, outcome) => received.push([query, outcome]),
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { latest, open, received, turn };
}

describe('a question that changes while it is asked', () => {
  it('is asked once more, as it is by then', async () => {
    const { latest, open, received, turn } = asker();
    for (const query of [1, 2, 3, 4]) latest.want(query);
    expect(open.map(({ query }) => query)).toEqual([1]);
    open[0].answer('one');
    await turn();
    expect(open.map(({ query }) => query)).toEqual([1, 4]);
    open[1].answer('four');
    await turn();
    expect(received).toEqual([
      [1, { ok: true, answer: 'one' }],
      [4, { ok: true, answer: 'four' }],
    ]);
    latest.want(5);
    expect(open.length).toBe(3);
  });

  it('goes on after a failure', async () => {
    const { latest, open, received, turn } = asker();
    latest.want(1);
    latest.want(2);
    open[0].refuse('no');
    await turn();
    open[1].answer('two');
    await turn();
    expect(received).toEqual([
      [1, { ok: false, error: 'no' }],
      [2, { ok: true, answer: 'two' }],
    ]);
  });

  it('is forgotten when nobody wants to know any more', async () => {
    const { latest, open, received, turn } = asker();
    latest.want(1);
    latest.want(2);
    latest.drop();
    latest.want(3);
    open[0].answer('one');
    open[1].answer('three');
    await turn();
    expect(open.map(({ query }) => query)).toEqual([1, 3]);
    expect(received).toEqual([[3, { ok: true, answer: 'three' }]]);
  });
});
