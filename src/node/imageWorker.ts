import { Worker } from 'node:worker_threads';
import type { ImageEvent } from '../protocol/imageService.js';
import type { FromWorker, Question, Reply, ToWorker } from '../protocol/rpc.js';
import { messageOf } from '../core/text.js';

/** Heap of the worker in MiB; the map and the tiles are array buffers and do not count. */
const MAX_HEAP = 1024;

/** The other end of scanWorker.ts: one thread with one image open. */
export class ImageWorker {
  readonly #worker: Worker;
  readonly #pending = new Map<number, (reply: Reply) => void>();
  readonly #onEvent: (event: ImageEvent) => void;
  #lastId = 0;
  #ended: string | undefined;

  /**
   * `script`: path of the bundled scanWorker.js. `path`: the image. `onEvent` hears everything the
   * worker says unasked, and `failed` should the thread itself come to an end. `assumed`: what is to be
   * taken for the header, as parseAssumedHeader reads it.
   */
  constructor(
    script: string,
    path: string,
    onEvent: (event: ImageEvent) => void,
    assumed?: string,
  ) {
    this.#onEvent = onEvent;
    this.#worker = new Worker(script, {
      name: 'qcow2 scan',
      argv: assumed === undefined ? [path] : [path, assumed],
      // Not the host's: its debugger port is taken.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    this.#worker.on('message', (message: FromWorker) => {
      this.#receive(message);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#end(messageOf(error));
    });
    this.#worker.on('exit', (code) => {
      this.#end(`the scan ended unexpectedly (exit code ${code})`);
    });
  }

  /**
   * Asks, and brings back the reply under the id of the question. A failure of any kind is a reply
   * with `ok: false`; the promise itself rejects only when `signal` says so.
   */
  ask(question: Question, signal?: AbortSignal): Promise<Reply> {
    if (this.#ended !== undefined) return Promise.resolve(refusal(question.id, this.#ended));
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      // Several panels number their requests each from 1.
      const id = ++this.#lastId;
      const aborted = (): void => {
        this.#pending.delete(id);
        reject(new Error('aborted', { cause: signal?.reason }));
      };
      signal?.addEventListener('abort', aborted, { once: true });
      this.#pending.set(id, (reply) => {
        signal?.removeEventListener('abort', aborted);
        resolve({ ...reply, id: question.id });
      });
      this.#send({ type: 'request', request: { ...question, id } });
    });
  }

  /** Stops the scan; the worker goes on answering. */
  cancel(): void {
    if (this.#ended === undefined) this.#send({ type: 'cancel' });
  }

  /** Something may have happened to the file: a `file` event tells if it has. */
  look(): void {
    if (this.#ended === undefined) this.#send({ type: 'look' });
  }

  /** Ends the thread; whatever is pending is answered with an error. */
  async dispose(): Promise<void> {
    this.#close('the image was closed');
    await this.#worker.terminate();
  }

  #send(message: ToWorker<Question>): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    if (this.#ended !== undefined) return;
    switch (message.type) {
      case 'event':
        this.#onEvent(message.event);
        break;
      case 'reply': {
        const settle = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        settle?.(message);
        break;
      }
    }
  }

  #end(message: string): void {
    if (this.#ended !== undefined) return;
    this.#close(message);
    this.#onEvent({ type: 'failed', message });
  }

  #close(reason: string): void {
    this.#ended ??= reason;
    for (const settle of this.#pending.values()) settle(refusal(0, reason));
    this.#pending.clear();
  }
}

const refusal = (id: number, error: string): Reply => ({ type: 'reply', id, ok: false, error });
