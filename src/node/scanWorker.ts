/**
 * The worker thread of one open image, which alone reads the file: the path is its only argument,
 * the messages are those of protocol/rpc.ts.
 */
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { FileStatus, ImageEvent } from '../protocol/imageService.js';
import {
  answer,
  type FromWorker,
  type Reply,
  type Request,
  type ToWorker,
} from '../protocol/rpc.js';
import { backingRefusal } from './backingRefusal.js';
import { fileUse } from './fileLocks.js';
import { deflate, inflate } from './compression.js';
import { FileSource } from './fileSource.js';
import { type FileState, fileState, hasChanged } from './fileState.js';
import { WorkloadFile } from './workloadFile.js';
import { ImageSession } from '../session/imageSession.js';
import { parseAssumedHeader } from '../core/qcow2/assumedHeader.js';
import { messageOf } from '../core/text.js';

/** Milliseconds of work before questions get their turn. */
const SLICE = 10;

function post(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Where what is said may rest on a file that is another by now, that is said first. */
const emit = (event: ImageEvent): void => {
  const ends = event.type === 'scanned' || event.type === 'cancelled';
  if (ends || event.type === 'progress') look(ends);
  if (ends) scanning = false;
  post({ type: 'event', event });
};

const oneLine = (error: unknown): string => messageOf(error).replace(/\s+/g, ' ');

const path = process.argv[2];
/** What is to be taken for the header, as parseAssumedHeader reads it. */
const assumedText = process.argv.at(3);
let session: ImageSession | undefined;
let file: FileSource | undefined;
/** What lay at the path when it could not be opened. */
let unopened: FileState | undefined;
let scanning = true;
let status: FileStatus | undefined;

/**
 * Tells how the file fares, if that is news.
 *
 * @param thoroughly also who else uses it, for which a table of the whole machine is read
 */
function look(thoroughly: boolean): void {
  const isChanged = file ? file.hasChanged() : hasChanged(unopened, fileState(path));
  const now: FileStatus = {
    changed:
      status && status.changed !== 'no'
        ? status.changed
        : !isChanged
          ? 'no'
          : scanning
            ? 'during-scan'
            : 'since',
    use: thoroughly && file ? fileUse(file.state) : (status?.use ?? 'unknown'),
  };
  if (status?.changed === now.changed && status.use === now.use) return;
  status = now;
  post({ type: 'event', event: { type: 'file', ...now } });
}

/** Runs a part of the work; whatever goes wrong ends the session with a message, not the thread. */
function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    session?.abandon();
    look(false);
    scanning = false;
    emit({ type: 'failed', message: oneLine(error) });
  }
}

async function reply(request: Request): Promise<Reply> {
  try {
    if (!session) throw new Error('the image could not be opened');
    return await answer(session.service, request);
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

async function respond(request: Request): Promise<void> {
  const answered = await reply(request);
  look(false);
  post(answered);
  // A picture may have been asked for that must be computed.
  workOn();
}

parentPort?.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'request':
      void respond(message.request);
      break;
    case 'cancel':
      session?.cancel();
      break;
    case 'look':
      look(true);
      break;
  }
});

guarded(() => {
  unopened = fileState(path);
  file = FileSource.open(path);
  const assumed =
    assumedText === undefined ? undefined : parseAssumedHeader(assumedText, 'assumed header');
  if (assumed?.ok === false) throw new Error(assumed.message);
  const machine = {
    allocatedBytes: file.allocatedBytes,
    inflate,
    deflate,
    backingRefusal: (name: string) => backingRefusal(path, name),
    openWorkloadFile: (file: string) => WorkloadFile.ofDisk(file),
  };
  session = new ImageSession(file, basename(path), emit, machine, undefined, assumed?.value);
  session.start();
  look(true);
  workOn();
});
