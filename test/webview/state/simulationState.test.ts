import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { expect, it } from 'vitest';
import { OverlapState } from '../../../webview/state/overlapState.js';
import { SimulationState } from '../../../webview/state/simulationState.js';
import { FRESH } from '../../../webview/state/viewState.js';
import type { Answer, Query, SimulateQuery } from '../../../src/protocol/questions.js';

const OVERLAP = DEFAULT_OVERLAP;
const CACHES = { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' };

/** A panel whose tab is open, and the questions about lists that it has asked. */
function panel(operations: readonly string[] = []) {
  const asked: (readonly string[])[] = [];
  const answers: (() => void)[] = [];
  const overlap = new OverlapState(() => Promise.resolve({ state: 'none' }));
  const rpc = {
    ask: (method: string, query: SimulateQuery): Promise<never> => {
      if (method === 'simulate') asked.push(query.operations);
      return new Promise((_, reject) => {
        answers.push(() => {
          reject(new Error('closed'));
        });
      });
    },
  } satisfies {
    ask: (method: 'simulate', query: Query<'simulate'>) => Promise<Answer<'simulate'>>;
  };
  const state = new SimulationState(rpc, overlap, { ...FRESH.simulation, operations });
  overlap.setOptions(OVERLAP);
  overlap.ready.value = true;
  state.caches.value = CACHES;
  state.discardNoUnref.value = false;
  state.active.value = true;
  const settle = async (): Promise<void> => {
    for (const answer of answers.splice(0)) answer();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { state, asked, settle };
}

it('asks only while its tab is open, and asks again under other settings', () => {
  const { state, asked } = panel(['flush']);
  expect(asked).toEqual([['flush']]);
  state.active.value = false;
  state.add('write 0 64K');
  expect(asked).toHaveLength(1);
  state.active.value = true;
  expect(asked.at(-1)).toEqual(['flush', 'write 0 64K']);
  state.engine.value = 'structures';
  expect(asked).toHaveLength(3);
});

it('follows another panel’s list, but not while its own is on the way', async () => {
  const { state, settle } = panel(['flush']);
  state.follow(['write 0 1']);
  expect(state.operations.value).toEqual(['flush']);
  await settle();
  state.follow(['write 0 1']);
  expect(state.operations.value).toEqual(['write 0 1']);
});

it('undoes changes of the list, then what was there from the start', () => {
  const { state } = panel(['flush', 'write 0 1']);
  state.add('discard 0 1');
  state.replace([]);
  for (const list of [
    ['flush', 'write 0 1', 'discard 0 1'],
    ['flush', 'write 0 1'],
    ['flush'],
    [],
  ]) {
    state.undo();
    expect(state.operations.value).toEqual(list);
  }
  state.undo();
  expect(state.operations.value).toEqual([]);
});

it('shows the last operation until one is chosen, and the last again when there is another', () => {
  const { state } = panel(['flush', 'write 0 1']);
  expect(state.chosenOperation.value).toBe(1);
  state.select(0);
  expect(state.chosenOperation.value).toBe(0);
  state.add('flush');
  expect(state.chosenOperation.value).toBe(2);
  state.replace([]);
  expect(state.chosenOperation.value).toBeUndefined();
});

it('lists no more operations than the host lets through', () => {
  const { state } = panel();
  state.replace(Array.from({ length: 1200 }, () => 'flush'));
  expect(state.operations.value).toHaveLength(1000);
  expect(state.isFull).toBe(true);
});
