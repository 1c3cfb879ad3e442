import { type ByteSource, readBytes } from '../byteSource.js';
import { textOf, viewOf } from '../bytes.js';

const MAGIC = [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe];
const SECTOR = 512;
const SLOTS_AT = 208;
const SLOTS = 8;
const SLOT_BYTES = 48;
const HEADER_BYTES = SLOTS_AT + SLOTS * SLOT_BYTES;
const ENABLED = 0x00ac71f3;

/** What anybody can read of a LUKS header. Texts are the image's own, and hostile. Offsets in bytes. */
export interface LuksHeader {
  /** "aes" */
  readonly cipher: string;
  readonly keyBytes: number;
  /** "xts", and how sectors are numbered: "plain64", "essiv" with a hash. */
  readonly mode: string;
  readonly ivGenerator: string;
  readonly ivHash: string | undefined;
  readonly hash: string;
  readonly uuid: string;
  /** From the start of the LUKS header. */
  readonly payloadOffset: number;
  readonly masterKeyIterations: number;
  readonly slots: readonly KeySlot[];
}

export interface KeySlot {
  readonly active: boolean;
  readonly iterations: number;
  /** From the start of the LUKS header. */
  readonly keyOffset: number;
  readonly stripes: number;
}

/** Undefined when there is none of version 1 at `offset` (LUKS On-Disk Format Specification 1.2). */
export function readLuksHeader(source: ByteSource, offset: bigint): LuksHeader | undefined {
  if (offset + BigInt(HEADER_BYTES) > BigInt(source.size)) return undefined;
  const bytes = readBytes(source, Number(offset), HEADER_BYTES);
  const view = viewOf(bytes);
  if (MAGIC.some((byte, index) => bytes[index] !== byte) || view.getUint16(6) !== 1)
    return undefined;
  const text = (at: number, length: number): string => textOf(bytes.subarray(at, at + length));
  // "cbc-essiv:sha256"
  const [, mode, ivGenerator, ivHash] =
    /^([^-]*)(?:-([^:]*))?(?::(.*))?$/s.exec(text(40, 32)) ?? ([] as const);
  return {
    cipher: text(8, 32),
    keyBytes: view.getUint32(108),
    mode: mode ?? '',
    ivGenerator: ivGenerator ?? '',
    ivHash,
    hash: text(72, 32),
    uuid: text(168, 40),
    payloadOffset: view.getUint32(104) * SECTOR,
    masterKeyIterations: view.getUint32(164),
    slots: Array.from({ length: SLOTS }, (_, slot) => {
      const at = SLOTS_AT + slot * SLOT_BYTES;
      return {
        active: view.getUint32(at) === ENABLED,
        iterations: view.getUint32(at + 4),
        keyOffset: view.getUint32(at + 40) * SECTOR,
        stripes: view.getUint32(at + 44),
      };
    }),
  };
}

/** The cipher with the length of its key, as QEMU names it: XTS takes two keys. */
export function cipherName({ cipher, keyBytes, mode }: LuksHeader): string {
  const bytes = mode === 'xts' ? keyBytes / 2 : keyBytes;
  return `${cipher}-${bytes * 8}`;
}
