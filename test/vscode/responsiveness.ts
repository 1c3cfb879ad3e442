import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import { serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { closeAll, openedWithSummary, sample } from './opened.js';
import { report, test } from './runner.js';
import { LoopWatch } from './work.js';

/** Bytes of a message that hold up nobody. */
const SMALL = 64 * 1024;

/** The size of each message from a worker thread while `act` runs. */
async function messagesDuring(act: () => Promise<unknown>): Promise<number[]> {
  const sizes: number[] = [];
  Worker.prototype.emit = function (this: Worker, event: string | symbol, ...words: unknown[]) {
    if (event === 'message') sizes.push(serialize(words).length);
    return EventEmitter.prototype.emit.call(this, event, ...words);
  };
  try {
    await act();
  } finally {
    // What it has from EventEmitter is what it had before.
    Reflect.deleteProperty(Worker.prototype, 'emit');
  }
  return sizes;
}

/** The files that the extension host itself opens while `act` runs, waiting for the disk. */
async function openedDuring(act: () => Promise<unknown>): Promise<string[]> {
  const paths: string[] = [];
  const open = fs.openSync.bind(fs);
  fs.openSync = (path, ...words) => {
    paths.push(String(path));
    return open(path, ...words);
  };
  try {
    await act();
  } finally {
    fs.openSync = open;
  }
  return paths;
}

test('what counts messages and files would see them', async () => {
  const sizes = await messagesDuring(
    () =>
      new Promise((resolve) => {
        const says =
          'require("node:worker_threads").parentPort.postMessage(new Uint8Array(100000))';
        new Worker(says, { eval: true, execArgv: [] }).once('exit', resolve);
      }),
  );
  assert.equal(sizes.length, 1);
  assert.ok(sizes[0] > SMALL);
  const paths = await openedDuring(() => {
    fs.closeSync(fs.openSync(__filename, 'r'));
    return Promise.resolve();
  });
  assert.deepEqual(paths, [__filename]);
});

test('1 TiB is opened by another thread, which says little at a time', async () => {
  const image = sample('sparse-1tib.qcow2');
  const watch = new LoopWatch();
  let messages: readonly number[] = [];
  const paths = await openedDuring(async () => {
    messages = await messagesDuring(() => openedWithSummary(image));
  });
  watch.stop();
  const { work, clock } = watch.longest;
  report(`longest stretch of work ${work.toFixed(1)} ms, by the clock ${clock.toFixed(1)} ms`);
  const largest = Math.max(...messages);
  report(`${messages.length} messages, the largest of ${largest} bytes`);
  await closeAll();
  assert.ok(messages.length >= 2);
  assert.ok(largest <= SMALL);
  assert.deepEqual(
    paths.filter((path) => path.endsWith('.qcow2')),
    [],
  );
});
