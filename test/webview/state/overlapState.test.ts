import { DEFAULT_OVERLAP } from '../../session/defaults.js';
import { describe, expect, it } from 'vitest';
import type { OverlapAnswer } from '../../../src/protocol/overlap.js';
import { OverlapState } from '../../../webview/state/overlapState.js';
import type { OverlapQuery } from '../../../src/protocol/questions.js';

const options = DEFAULT_OVERLAP;
const none: OverlapAnswer = { state: 'none' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

function opened(): { state: OverlapState; asked: OverlapQuery[] } {
  const asked: OverlapQuery[] = [];
  const state = new OverlapState((query) => {
    asked.push(query);
    return Promise.resolve(none);
  });
  return { state, asked };
}

describe('the state of the overlap structures', () => {
  it('asks once there are settings and an image', async () => {
    const { state, asked } = opened();
    state.setOptions(options);
    expect(asked).toEqual([]);
    state.ready.value = true;
    expect(asked).toEqual([{ options, position: undefined }]);
    await turn();
    expect(state.answer.value).toBe(none);
    expect(state.answered.value?.options).toBe(state.options.value);
  });

  it('shows other settings at their end, and the same ones as they are shown', async () => {
    const { state, asked } = opened();
    state.ready.value = true;
    state.setOptions(options);
    await turn();
    state.seek(5, 10);
    await turn();
    state.setOptions({ ...options });
    expect(state.position.value).toBe(5);
    state.setOptions({ ...options, bitmapSize: '8K' });
    expect(state.position.value).toBeUndefined();
    await turn();
    expect(asked.map(({ position }) => position)).toEqual([undefined, 5, undefined]);
  });

  it('has the end as no position, and nothing before the start', () => {
    const { state } = opened();
    state.seek(10, 10);
    expect(state.position.value).toBeUndefined();
    state.seek(-3, 10);
    expect(state.position.value).toBe(0);
  });

  it('drops an answer under settings that are gone', async () => {
    const { state } = opened();
    state.ready.value = true;
    state.setOptions(options);
    state.setOptions({ ...options, bitmapSize: '8K' });
    await Promise.resolve();
    await Promise.resolve();
    await turn();
    expect(state.answered.value?.options.bitmapSize).toBe('8K');
    state.reset();
    expect(state.answer.value).toBeUndefined();
  });
});
