import { expect, it } from 'vitest';
import { Poll } from '../../../webview/state/poll.js';

/** Polls that wait until the test answers them. */
function polls() {
  const open: { readonly of: string; answer(value: number): void; refuse(): void }[] = [];
  const told: string[] = [];
  const poll = new Poll();
  const want = (of: string) =>
    poll.run(
      (turn) =>
        turn.until(
          () =>
            new Promise<number>((resolve, reject) => {
              open.push({
                of,
                answer: resolve,
                refuse: () => {
                  reject(new Error('gone'));
                },
              });
            }),
          (value) => {
            told.push(`${of} ${value}`);
            return value === 1;
          },
        ),
      (message) => told.push(`${of} ${message}`),
    );
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  return { poll, want, open, told, turn };
}

it('asks until the answer is the last', async () => {
  const { poll, want, open, told, turn } = polls();
  const done = want('a');
  for (const value of [0, 0.5, 1]) {
    expect(poll.isRunning).toBe(true);
    open.at(-1)?.answer(value);
    await turn();
  }
  await done;
  expect(told).toEqual(['a 0', 'a 0.5', 'a 1']);
  expect(open.length).toBe(3);
  expect(poll.isRunning).toBe(false);
});

it('lets the newest win, whatever comes of the older ones', async () => {
  const { want, open, told, turn } = polls();
  const older = [want('a'), want('b')];
  const newest = want('c');
  open[0].answer(0);
  open[1].refuse();
  await Promise.all(older);
  open[2].answer(0);
  await turn();
  open[3].refuse();
  await newest;
  expect(told).toEqual(['c 0', 'c gone']);
  expect(open.map(({ of }) => of)).toEqual(['a', 'b', 'c', 'c']);
});

it('tells nothing of what was dropped', async () => {
  const { poll, want, open, told } = polls();
  const dropped = want('a');
  poll.drop();
  open[0].answer(1);
  await dropped;
  expect(told).toEqual([]);
});
