/**
 * The worker thread of one open image, which alone reads the file: the path is its only argument,
 * the messages are those of protocol/rpc.ts.
 */
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { ImageEvent } from '../protocol/imageService.js';
import {
  answer,
  type FromWorker,
  type Reply,
  type Request,
  type ToWorker,
} from '../protocol/rpc.js';
import { FileSource } from './fileSource.js';
import { ImageSession } from './imageSession.js';

/** Milliseconds of work before questions get their turn. */
const SLICE = 10;

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

const emit = (event: ImageEvent): void => {
  post({ type: 'event', event });
};

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');

let session: ImageSession | undefined;

/** Runs a part of the work; whatever goes wrong ends the session with a message, not the thread. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    session?.abandon();
    emit({ type: 'failed', message: oneLine(error) });
  }
}

function reply(request: Request): Reply {
  try {
    if (!session) throw new Error('the image could not be opened');
    return answer(session, request);
  } catch (error) {
    return { type: 'reply', id: request.id, ok: false, error: oneLine(error) };
  }
}

/** Whether the next slice of work is on its way. */
let working = false;

function workOn(): void {
  if (working) return;
  working = true;
  setImmediate(() => {
    working = false;
    guarded(() => {
      if (session?.advance(SLICE)) workOn();
    });
  });
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'request':
      post(reply(message.request));
      // A picture may have been asked for that must be computed.
      workOn();
      break;
    case 'cancel':
      session?.cancel();
      break;
  }
});

guarded(() => {
  const path = process.argv[2];
  const file = FileSource.open(path);
  session = new ImageSession(file, basename(path), emit, file.allocatedBytes);
  session.start();
  workOn();
});
