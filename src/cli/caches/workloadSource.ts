import { LineReader } from '../../core/workload/lineReader.js';
import {
  isPatternName,
  parsePattern,
  type Pattern,
  patternNameOf,
} from '../../core/workload/pattern.js';
import { PatternSource } from '../../core/workload/patternSource.js';
import type { RequestBatch } from '../../core/workload/request.js';
import type { Volume } from '../../core/workload/volumes.js';
import {
  GUESSED_BY,
  guessFormat,
  lineFormat,
  parseFormat,
  type WorkloadFormat,
} from '../../core/workload/workloadFormat.js';
import { WorkloadFile } from '../../node/workloadFile.js';
import { RefusalError, valid } from '../frame/refusal.js';

/** Requests of a pattern that are made at once. */
const AT_ONCE = 2 ** 14;

/** What is to be read, in a user's words. */
export interface WorkloadWords {
  /** A file, `-`, or a pattern. */
  readonly workload: string;
  readonly format: string | undefined;
  readonly volume: string | undefined;
}

/** What has been read so far. */
export type WorkloadReport =
  | { readonly kind: 'pattern'; readonly pattern: Pattern }
  | {
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
    };

/** The requests of a workload, some at a time. */
export interface WorkloadSource {
  /** Puts the next requests into an empty batch; false at the end. Throws on I/O errors. */
  fill(batch: RequestBatch): boolean;
  readonly report: WorkloadReport;
  close(): void;
}

/** Throws RefusalError, and on I/O errors. */
export function openWorkload(words: WorkloadWords, diskSize: number): WorkloadSource {
  const { workload } = words;
  if (!isPatternName(patternNameOf(workload))) return new FileWorkload(words);
  const pattern = valid(parsePattern(workload));
  if (words.format !== undefined || words.volume !== undefined)
    throw new RefusalError(
      `the pattern ${pattern.name} is no file: it has no format and no volume`,
    );
  const source = valid(PatternSource.on(pattern, diskSize));
  return {
    fill: (batch) => source.fill(batch, AT_ONCE),
    report: { kind: 'pattern', pattern },
    close: () => undefined,
  };
}

class FileWorkload implements WorkloadSource {
  readonly #words: WorkloadWords;
  readonly #file: WorkloadFile;
  readonly #format: WorkloadFormat;
  readonly #reader: LineReader;
  #batch: RequestBatch | undefined;
  /** What has been read to guess by. */
  #head: Uint8Array | undefined;
  #isOver = false;

  constructor(words: WorkloadWords) {
    this.#words = words;
    this.#file = opened(words.workload);
    try {
      const head = beginning(this.#file);
      const guess = guessFormat(head);
      if (words.format === undefined && !guess)
        throw new RefusalError(
          `'${words.workload}' looks like no workload; --workload-format says what it is`,
        );
      this.#format =
        words.format === undefined && guess ? guess : valid(parseFormat(words.format ?? '', guess));
      this.#head = head;
    } catch (error) {
      this.#file.close();
      throw error;
    }
    this.#reader = new LineReader(lineFormat(this.#format, words.volume), {
      add: (kind, offset, length) => this.#batch?.add(kind, offset, length),
    });
  }

  fill(batch: RequestBatch): boolean {
    this.#batch = batch;
    while (batch.size === 0 && !this.#isOver) {
      const bytes = this.#head ?? this.#file.next();
      this.#head = undefined;
      if (bytes.length > 0) this.#reader.push(bytes);
      else {
        this.#reader.end();
        this.#isOver = true;
      }
      if (this.#reader.isHopeless)
        throw new RefusalError(
          `'${this.#words.workload}' has no request in its first ${this.#reader.lines} lines, read as ${this.#format.name}`,
        );
    }
    return batch.size > 0;
  }

  get report(): WorkloadReport {
    const { lines, badLines, firstBad, format } = this.#reader;
    return {
      kind: 'file',
      file: this.#words.workload,
      format: this.#format,
      isGuessed: this.#words.format === undefined,
      lines,
      badLines,
      firstBad,
      volume: this.#words.volume,
      volumes: format.volumes.list,
    };
  }

  close(): void {
    this.#file.close();
  }
}

function opened(file: string): WorkloadFile {
  try {
    return new WorkloadFile(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new RefusalError(`Cannot open the workload '${file}': ${error.message}`);
  }
}

/** As many bytes as a guess goes by, and perhaps more. */
function beginning(file: WorkloadFile): Uint8Array {
  let head = new Uint8Array();
  while (head.length < GUESSED_BY) {
    const next = file.next();
    if (next.length === 0) break;
    const longer = new Uint8Array(head.length + next.length);
    longer.set(head);
    longer.set(next, head.length);
    head = longer;
  }
  return head;
}
