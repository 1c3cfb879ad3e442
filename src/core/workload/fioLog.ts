import { Fields, wordBytes } from './fields.js';
import type { LineFormat } from './lineReader.js';
import { KIND, type RequestSink } from './request.js';
import { Volumes } from './volumes.js';

const ACTIONS = ['read', 'write', 'trim', 'sync', 'datasync', 'add', 'open', 'close', 'wait'].map(
  wordBytes,
);
/** Of the first actions; the last ones are no requests. */
const KINDS = [KIND.read, KIND.write, KIND.discard, KIND.flush, KIND.flush];
const RANGES = 3;

const FIO = wordBytes('fio');
const VERSION = wordBytes('version');

/** fio reads a length into 32 bits. */
const MAX_LENGTH = 2 ** 32;

/**
 * fio's iolog, version 2, `FILE ACTION [OFFSET LENGTH]`, and 3, with a time in front. A log that
 * several jobs have written has a header in the middle too.
 */
export class FioLog implements LineFormat {
  readonly volumes: Volumes;
  readonly #fields = new Fields();
  /** Fields in front of the file's name. */
  #skipped = 0;

  constructor(volume: string | undefined) {
    this.volumes = new Volumes(volume);
  }

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    fields.splitAtBlanks(bytes, start, end);
    if (fields.count === 0) return true;
    if (fields.is(0, FIO) && fields.is(1, VERSION)) {
      const version = fields.decimal(2);
      if (version !== 2 && version !== 3) return false;
      this.#skipped = version - 2;
      return true;
    }
    const name = this.#skipped;
    if (name === 1 && Number.isNaN(fields.decimal(0))) return false;
    const action = fields.oneOf(name + 1, ACTIONS);
    if (action < 0) return false;
    if (action >= KINDS.length) return true;
    const offset = fields.decimal(name + 2);
    const length = fields.decimal(name + 3);
    if (Number.isNaN(offset) || !(length < MAX_LENGTH)) return false;
    if (!this.volumes.takes(fields, name)) return true;
    const isRange = action < RANGES;
    sink.add(KINDS[action], isRange ? offset : 0, isRange ? length : 0);
    return true;
  }
}
