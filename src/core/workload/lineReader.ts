import type { MeasuredCaches } from './cacheEvents.js';
import type { RequestSink } from './request.js';
import type { Volumes } from './volumes.js';

/** Longer lines are none of any format; no more of them is kept. */
const MAX_LINE = 4096;
/** Bad lines of which the number is kept. */
const MAX_KEPT = 8;
/** Bytes of a file without a single request after which it is no workload. */
const HOPELESS = 2 ** 24;

const NEWLINE = 10;

/** What a format makes of the bytes of a line, without its end; false: the line is none of it. */
export interface LineFormat {
  readonly volumes: Volumes;
  /** What the log says of QEMU's own caches. */
  readonly measured?: MeasuredCaches | undefined;
  line(bytes: Uint8Array, start: number, end: number, sink: RequestSink): boolean;
}

/** Reads a workload in chunks of any size. What is kept between them is at most a line. */
export class LineReader {
  readonly format: LineFormat;
  readonly #sink: RequestSink;
  readonly #rest = new Uint8Array(MAX_LINE);
  #restLength = 0;
  /** The line that goes on in the next chunk is too long already. */
  #isTooLong = false;
  #lines = 0;
  #badLines = 0;
  readonly #firstBad: number[] = [];
  #requests = 0;
  #bytes = 0;

  constructor(format: LineFormat, sink: RequestSink) {
    this.format = format;
    this.#sink = {
      add: (kind, offset, length) => {
        this.#requests++;
        sink.add(kind, offset, length);
      },
    };
  }

  /** Takes in the next bytes of the file. */
  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#lineEnds(chunk, start, end);
      start = end + 1;
    }
    this.#keep(chunk, start, chunk.length);
  }

  /** The file ends here: what has no end of line is one. */
  end(): void {
    if (this.#restLength > 0 || this.#isTooLong) this.#lineEnds(this.#rest, 0, 0);
  }

  /** There has been no request in so many bytes that none will come. */
  get isHopeless(): boolean {
    return this.#requests === 0 && this.#bytes > HOPELESS;
  }

  get lines(): number {
    return this.#lines;
  }

  get badLines(): number {
    return this.#badLines;
  }

  /** Numbers of the first bad lines, from 1. */
  get firstBad(): readonly number[] {
    return this.#firstBad;
  }

  get requests(): number {
    return this.#requests;
  }

  #lineEnds(chunk: Uint8Array, start: number, end: number): void {
    this.#lines++;
    let isGood: boolean;
    if (this.#restLength > 0 || this.#isTooLong) {
      this.#keep(chunk, start, end);
      isGood = !this.#isTooLong && this.#line(this.#rest, 0, this.#restLength);
      this.#restLength = 0;
      this.#isTooLong = false;
    } else isGood = end - start <= MAX_LINE && this.#line(chunk, start, end);
    if (isGood) return;
    this.#badLines++;
    if (this.#firstBad.length < MAX_KEPT) this.#firstBad.push(this.#lines);
  }

  #line(bytes: Uint8Array, start: number, end: number): boolean {
    return this.format.line(bytes, start, end, this.#sink);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    if (this.#isTooLong || this.#restLength + end - start > MAX_LINE) {
      this.#isTooLong = true;
      this.#restLength = 0;
      return;
    }
    this.#rest.set(chunk.subarray(start, end), this.#restLength);
    this.#restLength += end - start;
  }
}
