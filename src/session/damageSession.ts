import type { Diagnosis } from '../core/check/causes/cause.js';
import {
  DAMAGE_RANGES,
  damageDocument,
  type DamageFormat,
  ddrescueLines,
  TOO_MANY_RANGES,
} from '../core/check/causes/damageReport.js';
import { diagnose } from '../core/check/causes/diagnose.js';
import type { Scan } from '../core/check/scan.js';
import { jsonText } from '../core/jsonText.js';
import { messageOf } from '../core/text.js';
import type { Work } from '../core/work.js';
import type { DamageAnswer } from '../protocol/lost.js';

/** The damage of an image range by range, for a file: its diagnosis is one of its own, with all ranges. */
export class DamageSession {
  readonly #fileName: string;
  #steps: Work<Diagnosis> | undefined;
  #diagnosis: Diagnosis | undefined;
  #failure: string | undefined;

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  answer(scan: Scan, format: DamageFormat): DamageAnswer {
    this.#steps ??= diagnose(scan.image, scan, this.#fileName, DAMAGE_RANGES);
    if (this.#failure !== undefined) return { state: 'failed', message: this.#failure };
    const diagnosis = this.#diagnosis;
    if (!diagnosis) return { state: 'computing' };
    if (format === 'json')
      return { state: 'known', text: `${jsonText(damageDocument(scan.image, diagnosis), 1)}\n` };
    const lines = ddrescueLines(scan.image, diagnosis);
    if (!lines) return { state: 'failed', message: TOO_MANY_RANGES };
    return { state: 'known', text: `${[...lines].join('\n')}\n` };
  }

  /** Computes for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#diagnosis || this.#failure !== undefined) return false;
    const end = performance.now() + milliseconds;
    try {
      do {
        const step = this.#steps.next();
        if (step.done) this.#diagnosis = step.value;
      } while (!this.#diagnosis && performance.now() < end);
    } catch (error) {
      this.#failure = messageOf(error);
    }
    return true;
  }
}
