/** The byte that qemu-io writes. */
export const PATTERN = 0xcd;
