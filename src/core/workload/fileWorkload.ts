import type { ParseResult } from '../size.js';
import type { MeasuredCaches } from './cacheEvents.js';
import { LineReader } from './lineReader.js';
import type { RequestBatch } from './request.js';
import type { Volume } from './volumes.js';
import {
  GUESSED_BY,
  guessFormat,
  lineFormat,
  parseFormat,
  type WorkloadFormat,
} from './workloadFormat.js';

/** A file from its beginning to its end, some bytes at a time; none at the end. Throws on I/O errors. */
export interface WorkloadBytes {
  /** The bytes hold until the next are asked for. */
  next(): Uint8Array;
}

/** What a user says of a file. */
export interface FileWords {
  readonly name: string;
  /** As parseFormat reads it; undefined: it is guessed. */
  readonly format: string | undefined;
  /** Only the requests of this disk. */
  readonly volume: string | undefined;
}

/** What has been read of a file so far. */
export interface FileReport {
  readonly kind: 'file';
  readonly file: string;
  readonly format: WorkloadFormat;
  readonly isGuessed: boolean;
  readonly lines: number;
  readonly badLines: number;
  /** Numbers of the first of them. */
  readonly firstBad: readonly number[];
  readonly volume: string | undefined;
  readonly volumes: readonly Volume[];
  /** What QEMU's own caches did, of a log that has that too. */
  readonly measured: MeasuredCaches | undefined;
}

/** The requests of a file, some at a time. */
export class FileWorkload {
  readonly #words: FileWords;
  readonly #bytes: WorkloadBytes;
  readonly #format: WorkloadFormat;
  readonly #reader: LineReader;
  #batch: RequestBatch | undefined;
  /** What has been read to guess by. */
  #head: Uint8Array | undefined;
  #isOver = false;
  #bytesRead = 0;

  private constructor(
    bytes: WorkloadBytes,
    words: FileWords,
    format: WorkloadFormat,
    head: Uint8Array,
  ) {
    this.#words = words;
    this.#bytes = bytes;
    this.#format = format;
    this.#head = head;
    this.#reader = new LineReader(lineFormat(format, words.volume), {
      add: (kind, offset, length) => this.#batch?.add(kind, offset, length),
    });
  }

  /** Not ok for what is no workload, as far as can be told. */
  static open(bytes: WorkloadBytes, words: FileWords): ParseResult<FileWorkload> {
    const head = beginning(bytes);
    const guess = guessFormat(head);
    if (words.format === undefined)
      return guess
        ? { ok: true, value: new FileWorkload(bytes, words, guess, head) }
        : { ok: false, message: `'${words.name}' looks like no workload` };
    const format = parseFormat(words.format, guess);
    return format.ok
      ? { ok: true, value: new FileWorkload(bytes, words, format.value, head) }
      : format;
  }

  /**
   * Puts the next requests into an empty batch; false at the end, and when there have been none for
   * so long that none will come.
   */
  fill(batch: RequestBatch): boolean {
    this.#batch = batch;
    while (batch.size === 0 && !this.#isOver && this.hopeless === undefined) {
      const bytes = this.#head ?? this.#bytes.next();
      this.#head = undefined;
      this.#bytesRead += bytes.length;
      if (bytes.length > 0) this.#reader.push(bytes);
      else {
        this.#reader.end();
        this.#isOver = true;
      }
    }
    return batch.size > 0;
  }

  /** Why there will be no requests. */
  get hopeless(): string | undefined {
    return this.#reader.isHopeless
      ? `'${this.#words.name}' has no request in its first ${this.#reader.lines} lines, read as ${this.#format.name}`
      : undefined;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get report(): FileReport {
    const { lines, badLines, firstBad, format } = this.#reader;
    return {
      kind: 'file',
      file: this.#words.name,
      format: this.#format,
      isGuessed: this.#words.format === undefined,
      lines,
      badLines,
      firstBad,
      volume: this.#words.volume,
      volumes: format.volumes.list,
      measured: format.measured,
    };
  }
}

/** As many bytes as a guess goes by, and perhaps more. */
function beginning(bytes: WorkloadBytes): Uint8Array {
  let head = new Uint8Array();
  while (head.length < GUESSED_BY) {
    const next = bytes.next();
    if (next.length === 0) break;
    const longer = new Uint8Array(head.length + next.length);
    longer.set(head);
    longer.set(next, head.length);
    head = longer;
  }
  return head;
}
