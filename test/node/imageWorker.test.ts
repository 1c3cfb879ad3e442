import { build } from 'esbuild';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ImageWorker } from '../../src/node/imageWorker.js';
import type { FileStatus, ImageEvent } from '../../src/protocol/imageService.js';
import { fileBytes, writeSparse } from '../images/pieces.js';
import { scaleImage } from '../images/scale.js';
import { smallImage } from '../session/smallImage.js';
import { temporaryFolder } from './temporary.js';
import { hostCluster } from '../../src/core/units.js';

const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-worker-'));
const script = join(folder, 'scanWorker.mjs');
const small = fileBytes(smallImage());
const cluster0 = { id: 1, method: 'cluster', query: { cluster: hostCluster(0) } } as const;

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/node/scanWorker.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A worker on a file, and a promise of the first event of each type. */
function open(path: string) {
  const events: ImageEvent[] = [];
  let wake = (): void => undefined;
  const worker = new ImageWorker(script, path, (event) => {
    events.push(event);
    wake();
  });
  onTestFinished(() => worker.dispose());
  const first = async <T extends ImageEvent['type']>(type: T) => {
    for (;;) {
      const found = events.find(
        (event): event is Extract<ImageEvent, { type: T }> => event.type === type,
      );
      if (found) return found;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  /** How the file fares, as soon as it fares so. */
  const changed = async (how: FileStatus['changed']) => {
    while (!events.some((event) => event.type === 'file' && event.changed === how))
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return { worker, events, first, changed };
}

function fileOf(contents: Uint8Array): string {
  const path = join(temporaryFolder(), 'image.qcow2');
  writeFileSync(path, contents);
  return path;
}

test('an image is scanned, and questions are answered under their own numbers', async () => {
  const { worker, first } = open(fileOf(small));
  const { facts } = await first('facts');
  expect(facts.fileName).toBe('image.qcow2');
  const { summary } = await first('scanned');
  expect(summary.clusters.data).toBe(300);

  const replies = await Promise.all([
    worker.ask({ id: 7, method: 'cluster', query: { cluster: hostCluster(0) } }),
    worker.ask({
      id: 7,
      method: 'tile',
      query: { view: 'host', layer: 'kinds', curve: 'hilbert', level: 0, x: 0, y: 0 },
    }),
    worker.ask({ id: 9, method: 'findings', query: { from: 0, count: 9, severity: undefined } }),
  ]);
  expect(replies).toMatchObject([
    { id: 7, ok: true, method: 'cluster', value: { kinds: ['main-header'] } },
    { id: 7, ok: true, method: 'tile', value: { cells: { type: 'deflated' } } },
    { id: 9, ok: true, method: 'findings', value: { total: 2 } },
  ]);
});

test('a question without an answer is a reply, too', async () => {
  const { worker, first } = open(fileOf(small));
  await first('scanned');
  const reply = await worker.ask({
    id: 3,
    method: 'cluster',
    query: { cluster: hostCluster(2 ** 50) },
  });
  expect(reply).toMatchObject({ id: 3, ok: false });
});

test('a file that is not there fails in one line', async () => {
  const path = join(temporaryFolder(), 'missing.qcow2');
  const { worker, events, first } = open(path);
  const { message } = await first('failed');
  expect(message).toBe(`Cannot look up '${path}': no such file or directory`);
  expect(await worker.ask(cluster0)).toMatchObject({ ok: false });
  expect(events.map(({ type }) => type)).toEqual(['file', 'failed']);
});

test.each([
  ['empty', new Uint8Array(0)],
  ['of another kind', new TextEncoder().encode('#!/bin/sh\n')],
  ['truncated', small.subarray(0, 90)],
])('a file that is %s has facts that say what is wrong', async (_, contents) => {
  const { first } = open(fileOf(contents));
  const { facts } = await first('facts');
  expect(facts.problems.length).toBeGreaterThan(0);
});

test('a large scan answers while it runs, and can be cancelled', async () => {
  const path = join(temporaryFolder(), 'large.qcow2');
  writeSparse(path, scaleImage({ name: 'large', virtualSize: 2 ** 38 }));
  const { worker, events, first } = open(path);
  await first('progress');
  const reply = await worker.ask({
    id: 1,
    method: 'tile',
    query: { view: 'host', layer: 'kinds', curve: 'hilbert', level: 3, x: 0, y: 0 },
  });
  expect(reply.ok).toBe(true);
  expect(events.some((event) => event.type === 'scanned')).toBe(false);
  worker.cancel();
  await first('cancelled');
  expect(await worker.ask(cluster0)).toMatchObject({ ok: true });
  expect(events.some((event) => event.type === 'scanned')).toBe(false);
});

test('whoever closes the worker or gives up is told so', async () => {
  const { worker, events } = open(fileOf(small));
  const pending = worker.ask(cluster0);
  const given = new AbortController();
  const abandoned = worker.ask(cluster0, given.signal);
  given.abort();
  await expect(abandoned).rejects.toThrow('aborted');
  await worker.dispose();
  expect(await pending).toEqual({ type: 'reply', id: 1, ok: false, error: 'the image was closed' });
  expect(await worker.ask(cluster0)).toMatchObject({ ok: false, error: 'the image was closed' });
  expect(events.some((event) => event.type === 'failed')).toBe(false);
});

describe('a file that changes', () => {
  const changes: Readonly<Record<string, (path: string) => void>> = {
    'that is written': (path) => {
      appendFileSync(path, '!');
    },
    'that is replaced': (path) => {
      writeFileSync(`${path}.new`, small);
      renameSync(`${path}.new`, path);
    },
    'that is removed': (path) => {
      rmSync(path);
    },
  };

  test.each(Object.entries(changes))(
    '%s after the scan: told before the next answer',
    async (_, change) => {
      const path = fileOf(small);
      const { worker, events, first } = open(path);
      await first('scanned');
      await worker.ask(cluster0);
      const told = () => events.filter((event) => event.type === 'file');
      expect(told()).toEqual([{ type: 'file', changed: 'no', use: 'unknown' }]);
      change(path);
      await worker.ask(cluster0);
      expect(told().slice(1)).toEqual([{ type: 'file', changed: 'since', use: 'unknown' }]);
      await worker.ask(cluster0);
      expect(told()).toHaveLength(2);
    },
  );

  test('while nobody asks: told when somebody thinks so', async () => {
    const path = fileOf(small);
    const { worker, first, changed } = open(path);
    await first('scanned');
    appendFileSync(path, '!');
    worker.look();
    await changed('since');
  });

  test('during the scan: told before its end is', async () => {
    const path = join(temporaryFolder(), 'large.qcow2');
    writeSparse(path, scaleImage({ name: 'large', virtualSize: 2 ** 38 }));
    const { worker, events, first, changed } = open(path);
    await first('progress');
    appendFileSync(path, '!');
    await changed('during-scan');
    worker.cancel();
    await first('cancelled');
    const types = events.map(({ type }) => type);
    expect(types.lastIndexOf('file')).toBeLessThan(types.indexOf('cancelled'));
  });

  test('from nothing into an image: told', async () => {
    const path = join(temporaryFolder(), 'later.qcow2');
    const { worker, first, changed } = open(path);
    await first('failed');
    writeFileSync(path, small);
    worker.look();
    await changed('since');
  });
});
