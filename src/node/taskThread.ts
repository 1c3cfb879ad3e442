import { Worker } from 'node:worker_threads';
import type { FileTask, FileTaskResult } from './fileTask.js';
import type { TaskReply } from './taskWorker.js';

type ResultOf<T extends FileTask> = Extract<FileTaskResult, { type: T['type'] }>;

const isResultOf = <T extends FileTask>(task: T, result: FileTaskResult): result is ResultOf<T> =>
  result.type === task.type;

/**
 * Does a task on files in a thread of its own, which ends with it, or when `signal` says so. `script`: path of
 * the bundled taskWorker.js. Rejects with what went wrong.
 */
export async function inThread<T extends FileTask>(
  script: string,
  task: T,
  signal?: AbortSignal,
): Promise<ResultOf<T>> {
  signal?.throwIfAborted();
  const worker = new Worker(script, {
    name: 'qcow2 files',
    // Not the host's: its debugger port is taken.
    execArgv: [],
  });
  const ended = (): void => void worker.terminate();
  worker.postMessage(task);
  signal?.addEventListener('abort', ended, { once: true });
  try {
    const reply = await new Promise<TaskReply>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => {
        reject(new Error(`the thread ended unexpectedly (exit code ${code})`));
      });
    });
    if (!reply.ok) throw new Error(reply.error);
    if (!isResultOf(task, reply.result)) throw new Error('an answer to another task');
    return reply.result;
  } finally {
    signal?.removeEventListener('abort', ended);
    await worker.terminate();
  }
}
