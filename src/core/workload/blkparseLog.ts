import { Fields, wordBytes } from './fields.js';
import type { LineFormat } from './lineReader.js';
import { KIND, type RequestSink } from './request.js';
import { Volumes } from './volumes.js';

/** Which of a request's many lines is taken: queued, issued to the device, or complete. */
export const BLKPARSE_ACTIONS = ['Q', 'D', 'C'] as const;

export type BlkparseAction = (typeof BLKPARSE_ACTIONS)[number];

/** blkparse counts in these whatever the device has. */
const SECTOR = 512;

const PLUS = wordBytes('+');
const COMMA = 44;
const [LETTER_D, LETTER_F, LETTER_R, LETTER_W] = wordBytes('DFRW');

/** What stands at the end: no line of it is a request. */
const SUMMARY = [wordBytes('CPU'), wordBytes('Total')];

/** `MAJ,MIN CPU SEQ TIME PID ACTION RWBS SECTOR + SECTORS [PROCESS]`, as blkparse prints it. */
export class BlkparseLog implements LineFormat {
  readonly volumes: Volumes;
  readonly #fields = new Fields();
  readonly #action: Uint8Array;
  #isSummary = false;

  constructor(action: BlkparseAction, volume: string | undefined) {
    this.volumes = new Volumes(volume);
    this.#action = wordBytes(action);
  }

  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean {
    const fields = this.#fields;
    fields.splitAtBlanks(bytes, start, end);
    if (this.#isSummary || fields.count === 0) return true;
    if (!this.#isEvent(fields)) {
      this.#isSummary = SUMMARY.some((word) => startsWith(bytes, start, end, word));
      return this.#isSummary;
    }
    if (!fields.is(5, this.#action)) return true;
    const range = fields.is(8, PLUS);
    const offset = range ? fields.decimal(7) * SECTOR : 0;
    const length = range ? fields.decimal(9) * SECTOR : 0;
    if (!(offset <= Number.MAX_SAFE_INTEGER && length <= Number.MAX_SAFE_INTEGER)) return false;
    if (!this.volumes.takes(fields, 0)) return true;
    this.#request(fields, range, offset, length, sink);
    return true;
  }

  /** Letters: a flush in front, what is done, and behind it whether it must reach the disk. */
  #request(
    { bytes, starts, ends }: Fields,
    range: boolean,
    offset: number,
    length: number,
    sink: RequestSink,
  ): void {
    let kind = -1;
    for (let at = starts[6]; at < ends[6]; at++) {
      const letter = bytes[at];
      if (letter === LETTER_F) sink.add(KIND.flush, 0, 0);
      if (kind >= 0 || !range) continue;
      if (letter === LETTER_R) kind = KIND.read;
      else if (letter === LETTER_W) kind = KIND.write;
      else if (letter === LETTER_D) kind = KIND.discard;
      if (kind >= 0) sink.add(kind, offset, length);
    }
  }

  #isEvent({ bytes, starts, ends, count }: Fields): boolean {
    if (count < 7) return false;
    let commas = 0;
    for (let at = starts[0]; at < ends[0]; at++)
      if (bytes[at] === COMMA) commas++;
      else if (bytes[at] < 48 || bytes[at] > 57) return false;
    return commas === 1;
  }
}

function startsWith(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  return end - start >= word.length && word.every((byte, index) => bytes[start + index] === byte);
}
