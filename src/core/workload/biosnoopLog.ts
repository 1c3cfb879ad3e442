import { Fields, wordBytes } from './fields.js';
import type { LineFormat } from './lineReader.js';
import { kindOfWord } from './kindWord.js';
import type { RequestSink } from './request.js';
import { Volumes } from './volumes.js';

const SECTOR = 512;
const TIME = wordBytes('TIME(s)');
const QUEUED = wordBytes('QUE(ms)');

/**
 * `TIME(s) COMM PID DISK T SECTOR BYTES [QUE(ms)] LAT(ms)`, as bcc's biosnoop prints it. A command's
 * name may have blanks: fields count from the end.
 */
export class BiosnoopLog implements LineFormat {
  readonly volumes: Volumes;
  readonly #fields = new Fields();
  /** Fields behind the number of bytes. */
  #behind = 1;

  constructor(volume: string | undefined) {
    this.volumes = new Volumes(volume);
  }

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    fields.splitAtBlanks(bytes, start, end);
    if (fields.count === 0) return true;
    if (fields.is(0, TIME)) {
      this.#behind = fields.is(fields.count - 2, QUEUED) ? 2 : 1;
      return true;
    }
    const length = fields.count - 1 - this.#behind;
    if (length < 5) return false;
    const offset = fields.decimal(length - 1) * SECTOR;
    const kind = kindOfWord(fields, length - 2);
    if (Number.isNaN(fields.decimal(length)) || !(offset <= Number.MAX_SAFE_INTEGER)) return false;
    if (kind < 0) return false;
    if (!this.volumes.takes(fields, length - 3)) return true;
    sink.add(kind, offset, fields.decimal(length));
    return true;
  }
}
