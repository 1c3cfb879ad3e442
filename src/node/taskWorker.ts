/** The thread of one task on files (fileTask.ts): it is sent once, and answered once. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../core/text.js';
import { type FileTask, type FileTaskResult, runFileTask } from './fileTask.js';

/** What the thread says when it is done. */
export type TaskReply =
  | { readonly ok: true; readonly result: FileTaskResult }
  | { readonly ok: false; readonly error: string };

function reply(task: FileTask): TaskReply {
  try {
    return { ok: true, result: runFileTask(task) };
  } catch (error) {
    return { ok: false, error: messageOf(error).replace(/\s+/g, ' ') };
  }
}

parentPort?.once('message', (task: FileTask) => {
  parentPort?.postMessage(reply(task));
});
