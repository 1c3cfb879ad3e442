import assert from 'node:assert/strict';
import { closeAll, openedWithSummary, sample } from './opened.js';
import { report, test } from './runner.js';
import { LoopWatch, workDone } from './work.js';

/** Milliseconds that the extension host's event loop may be held up. */
const LIMIT = 20;

test('the watch sees a loop that is blocked', async () => {
  const watch = new LoopWatch();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const end = workDone() + 2 * LIMIT;
  while (workDone() < end);
  await new Promise((resolve) => setTimeout(resolve, 20));
  watch.stop();
  assert.ok(watch.longest.work > LIMIT);
});

test(`the event loop is never blocked for ${LIMIT} ms while 1 TiB is opened`, async () => {
  const watch = new LoopWatch();
  await openedWithSummary(sample('sparse-1tib.qcow2'));
  watch.stop();
  const { work, clock } = watch.longest;
  report(`longest stretch of work ${work.toFixed(1)} ms, by the clock ${clock.toFixed(1)} ms`);
  await closeAll();
  assert.ok(work <= LIMIT);
});
