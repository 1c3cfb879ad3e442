/** Why `qemu-img check` stops without counts: what it says last, and the errno's text. */
export interface CheckFailure {
  readonly messages: readonly string[];
  readonly errno: string;
}
