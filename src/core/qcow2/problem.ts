import type { HostOffset } from '../units.js';

/** Why `qemu-img check` stops without counts: what it says last, and the errno's text. */
export interface CheckFailure {
  readonly messages: readonly string[];
  readonly errno: string;
}

/** Something wrong with a field: what, where, found, expected. */
export interface Problem {
  /** One sentence: what is wrong, what was found and what was expected. */
  readonly message: string;
  /** The field, as the specification calls it. */
  readonly field: string;
  /** Of the field. */
  readonly offset: HostOffset;
  /** QEMU's own refusal text, when QEMU refuses to open the image for it. */
  readonly refusal: string | undefined;
}
