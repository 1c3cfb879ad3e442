import { describe, expect, it } from 'vitest';
import { fromWebview } from '../../../src/editor/validate.js';
import { answer } from '../../../src/protocol/rpc.js';
import type { FromWebview, ToWebview } from '../../../src/protocol/webviewMessages.js';
import { listeningStore } from '../../../webview/listeningStore.js';
import type { Store } from '../../../webview/state/store.js';
import { readViewState } from '../../../webview/state/viewState.js';
import { hostedSample } from '../harness/hostedImages.js';
import { hostCluster } from '../../../src/core/units.js';

const image = hostedSample('database-damaged.qcow2');

interface Opened {
  readonly store: Store;
  /** What the webview has said, questions apart. */
  readonly said: FromWebview[];
  readonly kept: () => unknown;
  readonly tell: (message: ToWebview) => void;
}

/** A store with a host that answers out of a sample image, or to every question with an error. */
function openStore(state?: unknown, error?: string): Opened {
  const said: FromWebview[] = [];
  let kept: unknown = state;
  let receive: (message: ToWebview) => void = () => undefined;
  const store = listeningStore({
    post: (unread) => {
      const message = fromWebview(unread);
      if (!message) throw new Error(`not of the protocol: ${JSON.stringify(unread)}`);
      if (message.type !== 'request') {
        said.push(message);
        return;
      }
      const { request } = message;
      void (
        error === undefined
          ? answer(image.service, request)
          : Promise.resolve({ type: 'reply', id: request.id, ok: false, error } as const)
      ).then(receive);
    },
    listen: (listener) => {
      receive = listener;
    },
    keptState: () => kept,
    keepState: (next) => {
      kept = JSON.parse(JSON.stringify(next));
    },
  });
  const tell = (message: ToWebview): void => {
    receive(message);
  };
  for (const event of image.events) tell({ type: 'event', event });
  return { store, said, kept: () => kept, tell };
}

const findNext = (
  { tell }: Opened,
  target: Parameters<Store['navigation']['search']>[0]['target'],
  direction: 1 | -1 = 1,
): void => {
  tell({ type: 'search', search: { target, direction } });
};

describe('a search', () => {
  it('says why there is no answer', async () => {
    const opened = openStore(undefined, 'the file could not be read');
    findNext(opened, { type: 'leak' });
    await expect.poll(() => opened.store.spoken.value).toBe('The file could not be read');
    opened.store.selection.select(hostCluster(1));
    await opened.store.navigation.showMapped();
    expect(opened.store.spoken.value).toBe('The file could not be read');
  });

  it('goes from hit to hit, and on at the other end', async () => {
    const opened = openStore();
    const { store } = opened;
    const hits: number[] = [];
    for (let i = 0; i < 14; i++) {
      findNext(opened, i === 0 ? { type: 'kind', kind: 'inactive-l2' } : undefined);
      await expect.poll(() => store.selection.selected.value).not.toBe(hits.at(-1));
      hits.push(store.selection.selected.value ?? -1);
      if (store.navigation.note.value?.includes('went on')) break;
    }
    expect(hits.length).toBeGreaterThan(4);
    expect(hits.slice(0, -1)).toEqual(hits.slice(0, -1).toSorted((a, b) => a - b));
    expect(hits.at(-1)).toBe(hits[0]);
    expect(store.navigation.note.value).toMatch(
      /^Inactive L2, place 1 of \d+: .* The search went on from the start of the file\.$/,
    );
    expect(store.spoken.value).toBe(store.navigation.note.value);
    findNext(opened, undefined, -1);
    await expect.poll(() => store.selection.selected.value).toBe(hits.at(-2));
    expect(store.navigation.note.value).toContain('from the end of the file');
  });

  it('takes the kind of the selected cluster', async () => {
    const opened = openStore();
    const { store } = opened;
    findNext(opened, 'selected-kind');
    await expect.poll(() => store.navigation.note.value).toContain('Select a cluster first');
    store.selection.select(hostCluster(5));
    await expect.poll(() => store.selection.detail.value.state).toBe('known');
    findNext(opened, 'selected-kind');
    await expect.poll(() => store.navigation.note.value).toMatch(/^Data, place \d+ of \d+/);
  });

  it('says when there is none', async () => {
    const opened = openStore();
    findNext(opened, { type: 'kind', kind: 'crypto-header' });
    await expect.poll(() => opened.store.navigation.note.value).toBe('LUKS header: there is none.');
    expect(opened.store.selection.selected.value).toBeUndefined();
  });

  it('one key after the other: each goes on where the last one ended', async () => {
    const opened = openStore();
    for (let i = 0; i < 3; i++) findNext(opened, { type: 'corruption' });
    await expect
      .poll(() => opened.store.navigation.note.value)
      .toMatch(/^Corruption, place 3 of \d+ · [\d,]+ corruptions: /);
  });
});

describe('back and forward', () => {
  it('lead through the places visited, and survive', () => {
    const opened = openStore();
    const { store, said, kept } = opened;
    for (const cluster of [3, 700, 41]) store.selection.select(hostCluster(cluster));
    store.selection.stepTo(hostCluster(42));
    expect(said).toContainEqual({ type: 'history', back: true, forward: false });
    opened.tell({ type: 'command', command: 'goBack' });
    expect(store.selection.selected.value).toBe(700);
    expect(said.slice(-2)).toContainEqual({ type: 'selected', cluster: 700 });
    expect(said.slice(-2)).toContainEqual({ type: 'history', back: true, forward: true });
    opened.tell({ type: 'command', command: 'goBack' });
    opened.tell({ type: 'command', command: 'goBack' });
    expect(store.selection.selected.value).toBe(3);
    expect(store.navigation.note.value).toBe('There is no place before.');
    opened.tell({ type: 'command', command: 'goForward' });
    expect(store.selection.selected.value).toBe(700);
    expect(readViewState(kept()).history).toEqual({ places: [3, 700, 41], at: 1 });

    const again = openStore(kept());
    again.tell({ type: 'command', command: 'goForward' });
    expect(again.store.selection.selected.value).toBe(41);
  });
});

describe('what a table refers to', () => {
  it('is gone through by the search, until it is dropped', async () => {
    const opened = openStore();
    const { store } = opened;
    const table = image.service.next({
      target: { type: 'kind', kind: 'active-l2' },
      from: hostCluster(400),
      direction: 1,
    });
    store.selection.select(table?.cluster);
    opened.tell({ type: 'command', command: 'showMapped' });
    await expect.poll(() => store.navigation.note.value).toMatch(/refers to [\d,]+ clusters in/);
    const { runs } = image.service.mapped({ cluster: table?.cluster ?? hostCluster(0) });
    for (let i = 0; i < 2; i++) {
      const from = store.selection.selected.value ?? 0;
      findNext(opened, undefined);
      const expected = (runs.find(({ cluster }) => cluster > from) ?? runs[0]).cluster;
      await expect.poll(() => store.selection.selected.value).toBe(expected);
    }
    store.selection.select(table?.cluster);
    opened.tell({ type: 'command', command: 'showMapped' });
    await expect.poll(() => store.mapped.shown.value).toBeUndefined();
  });

  it('of data is nothing', async () => {
    const opened = openStore();
    opened.store.selection.select(hostCluster(60));
    opened.tell({ type: 'command', command: 'showMapped' });
    await expect
      .poll(() => opened.store.navigation.note.value)
      .toBe('Cluster 60 refers to nothing in this file.');
  });
});
