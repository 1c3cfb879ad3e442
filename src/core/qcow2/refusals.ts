import { hex } from '../bytes.js';
import { type FieldName, fieldOffset } from './header.js';
import type { Problem } from './problem.js';
import { hostOffset } from '../units.js';

/** Who refuses: every opening, or only one that is not for a check (`qemu-img check` looks itself). */
export type RefusedBy = 'every opening' | 'opening but for a check';

/** Collects what is wrong with an image in the order in which QEMU looks, so that the first is what QEMU says. */
export class Refusals {
  readonly problems: Problem[] = [];
  #open: string | undefined;
  #check: string | undefined;

  /** QEMU's text for refusing to open the image, undefined if it opens. */
  get open(): string | undefined {
    return this.#open;
  }
  /** The same for `qemu-img check`. */
  get check(): string | undefined {
    return this.#check;
  }

  /** A field that QEMU refuses. `what` is our sentence, without the found value. */
  field(
    name: FieldName,
    what: string,
    found: bigint | number,
    expected: string,
    refusal: string,
    by: RefusedBy = 'every opening',
  ): void {
    const offset = fieldOffset(name);
    const value = typeof found === 'bigint' && found > 0xffffn ? hex(found) : String(found);
    this.at(
      name,
      offset,
      `${what}: ${name} at ${hex(offset)} is ${value}, expected ${expected}`,
      refusal,
      by,
    );
  }

  at(
    field: string,
    offset: number,
    message: string,
    refusal: string | undefined,
    by: RefusedBy = 'every opening',
  ): void {
    this.problems.push({ field, offset: hostOffset(offset), message, refusal });
    if (refusal === undefined) return;
    this.#open ??= refusal;
    if (by === 'every opening') this.#check ??= refusal;
  }
}
