import type { ByteSource } from '../core/byteSource.js';
import type { Scan } from '../core/check/scan.js';
import { findTables, type FoundTables } from '../core/lost/findTables.js';
import { referencesOf } from '../core/map/cell.js';
import { assumedHeaderText } from '../core/qcow2/assumedHeader.js';
import { messageOf } from '../core/text.js';
import type { LostTablesAnswer } from '../protocol/lost.js';

/** The search for tables that nothing points to: done once, in slices, when it is asked for. */
export class LostSession {
  readonly #source: ByteSource;
  #steps: Generator<number, FoundTables, void> | undefined;
  #answer: LostTablesAnswer = { state: 'computing', done: 0 };

  /** @param source the file as it is, whatever is assumed of it */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** `scan`: of what the file's own header says; undefined where there is none, or another is assumed. */
  answer(scan: Scan | undefined): LostTablesAnswer {
    this.#steps ??= findTables(
      this.#source,
      (cluster) =>
        scan !== undefined &&
        cluster < scan.map.clusters &&
        referencesOf(scan.map.cell(cluster)) > 0,
    );
    return this.#answer;
  }

  /** Searches for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#answer.state !== 'computing') return false;
    const end = performance.now() + milliseconds;
    try {
      do {
        const step = this.#steps.next();
        this.#answer = step.done
          ? { state: 'found', found: step.value, assumed: assumedBy(step.value) }
          : { state: 'computing', done: step.value };
      } while (this.#answer.state === 'computing' && performance.now() < end);
    } catch (error) {
      this.#answer = { state: 'failed', message: messageOf(error) };
    }
    return true;
  }
}

const assumedBy = ({ candidates }: FoundTables): (string | undefined)[] =>
  candidates.map(({ assume }) => assume && assumedHeaderText(assume));
