import type { Diagnosis } from '../core/check/causes/cause.js';
import { diagnose } from '../core/check/causes/diagnose.js';
import type { Scan } from '../core/check/scan.js';
import type { Image } from '../core/qcow2/image.js';
import type { DiagnosisAnswer } from '../protocol/diagnosis.js';

/** The share of the whole that the scan is. */
const SCAN_SHARE = 0.9;

/** The diagnosis of one image: computed once, in slices, when it is first asked for. */
export class DiagnosisSession {
  readonly #image: Image;
  readonly #fileName: string;
  #steps: Generator<undefined, Diagnosis, void> | undefined;
  #diagnosis: Diagnosis | undefined;

  constructor(image: Image, fileName: string) {
    this.#image = image;
    this.#fileName = fileName;
  }

  /** `scan`: undefined for an image that cannot be scanned. */
  answer(scan: Scan | undefined): DiagnosisAnswer {
    if (this.#diagnosis) return { state: 'diagnosed', diagnosis: this.#diagnosis };
    this.#steps ??= diagnose(this.#image, scan, this.#fileName);
    return { state: 'computing', done: SCAN_SHARE };
  }

  /** What to say while the scan goes on. */
  scanning(done: number): DiagnosisAnswer {
    return { state: 'computing', done: done * SCAN_SHARE };
  }

  /** Computes for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#diagnosis) return false;
    const end = performance.now() + milliseconds;
    do {
      const step = this.#steps.next();
      if (step.done) {
        this.#diagnosis = step.value;
        return true;
      }
    } while (performance.now() < end);
    return true;
  }
}
