import { type ByteSource, readBytes } from '../byteSource.js';
import { viewOf } from '../bytes.js';
import { isForeign } from './header.js';

/** A format that a file has which is no qcow2 image. */
export interface ForeignFormat {
  /** As QEMU calls its driver, or the usual name of what is no disk. */
  readonly name: string;
  /** In running text: "a VMDK disk image". */
  readonly title: string;
  /** What can be done with it: QEMU reads it as it is, or with a format given, or it must be unpacked. */
  readonly use: 'convert' | 'raw' | 'unpack';
}

interface Signature extends ForeignFormat {
  /** Offset in bytes; from the end of the file if negative. */
  readonly at: number;
  /** The bytes there, as text of one byte a character. */
  readonly bytes: string;
}

const convert = (name: string, title: string, at: number, bytes: string): Signature => ({
  name,
  title,
  use: 'convert',
  at,
  bytes,
});
const unpack = (name: string, title: string, bytes: string, at = 0): Signature => ({
  name,
  title,
  use: 'unpack',
  at,
  bytes,
});

/** In the order in which they are looked for: a disk in a file may well have a partition table too. */
const SIGNATURES: readonly Signature[] = [
  convert('qcow', 'a QCOW version 1 image', 0, 'QFI\xfb\0\0\0\x01'),
  convert('vmdk', 'a VMDK disk image', 0, 'KDMV'),
  convert('vmdk', 'a VMDK disk image (ESX)', 0, 'COWD'),
  convert('vmdk', 'the descriptor of a VMDK disk image', 0, '# Disk DescriptorFile'),
  convert('vdi', 'a VDI disk image', 0x40, '\x7f\x10\xda\xbe'),
  convert('vhdx', 'a VHDX disk image', 0, 'vhdxfile'),
  convert('vpc', 'a VHD disk image', 0, 'conectix'),
  convert('vpc', 'a VHD disk image of fixed size', -512, 'conectix'),
  // Microsoft's first tools wrote a footer one byte shorter (block/vpc.c).
  convert('vpc', 'a VHD disk image of fixed size', -511, 'conectix'),
  convert('qed', 'a QED disk image', 0, 'QED\0'),
  convert('parallels', 'a Parallels disk image', 0, 'WithoutFreeSpace'),
  convert('parallels', 'a Parallels disk image', 0, 'WithouFreSpacExt'),
  convert('dmg', 'a DMG disk image', -512, 'koly'),
  convert('luks', 'a LUKS volume', 0, 'LUKS\xba\xbe'),
  unpack('gzip', 'a file packed with gzip', '\x1f\x8b\x08'),
  unpack('xz', 'a file packed with xz', '\xfd7zXZ\0'),
  unpack('zstd', 'a file packed with zstd', '\x28\xb5\x2f\xfd'),
  unpack('bzip2', 'a file packed with bzip2', '1AY&SY', 4),
  unpack('zip', 'a ZIP archive', 'PK\x03\x04'),
  unpack('7z', 'a 7z archive', "7z\xbc\xaf'\x1c"),
  unpack('tar', 'a tar archive', 'ustar', 257),
  {
    name: 'iso9660',
    title: 'an ISO 9660 image (CD or DVD)',
    use: 'raw',
    at: 0x8001,
    bytes: 'CD001',
  },
  {
    name: 'raw',
    title: 'a raw disk with a GPT partition table',
    use: 'raw',
    at: 512,
    bytes: 'EFI PART',
  },
  {
    name: 'raw',
    title: 'a raw disk with a GPT partition table',
    use: 'raw',
    at: 4096,
    bytes: 'EFI PART',
  },
];

const MBR: ForeignFormat = {
  name: 'raw',
  title: 'a raw disk with an MBR partition table',
  use: 'raw',
};

/** What a file is that is no qcow2 image, if it is something that we know. */
export function foreignFormat(source: ByteSource): ForeignFormat | undefined {
  return (
    SIGNATURES.find((signature) => hasSignature(source, signature)) ??
    (hasMbr(source) ? MBR : undefined)
  );
}

/**
 * The format that QEMU takes a file for when nobody says it. Only what stands at a file's start is looked at:
 * a disk of fixed size with a footer is a plain disk for QEMU too.
 */
export function probedFormat(source: ByteSource): string {
  if (!isForeign(source)) return 'qcow2';
  const found = SIGNATURES.find(
    (signature) =>
      signature.use === 'convert' && signature.at >= 0 && hasSignature(source, signature),
  );
  return found?.name ?? 'raw';
}

/** What is wrong with such a file, without the found value. */
export const foreignText = (format: ForeignFormat | undefined): string =>
  format ? `This is ${format.title}, not a qcow2 image` : 'This is not a qcow2 image';

/** What to do about it. */
export function foreignAdvice({ name, use }: ForeignFormat): string {
  switch (use) {
    case 'convert':
      return `qemu-img convert -f ${name} -O qcow2 makes a qcow2 image of it.`;
    case 'raw':
      return 'qemu-img convert -f raw -O qcow2 makes a qcow2 image of it.';
    case 'unpack':
      return 'Unpack it first: the image may be inside.';
  }
}

function hasSignature(source: ByteSource, { at, bytes }: Signature): boolean {
  const offset = at < 0 ? source.size + at : at;
  if (offset < 0 || offset + bytes.length > source.size) return false;
  const found = readBytes(source, offset, bytes.length);
  return found.every((byte, index) => byte === bytes.charCodeAt(index));
}

/** A boot sector with partitions, and not just one with a boot loader or a file system. */
function hasMbr(source: ByteSource): boolean {
  if (source.size < 512) return false;
  const sector = readBytes(source, 0, 512);
  if (viewOf(sector).getUint16(510) !== 0x55aa) return false;
  const entries = [446, 462, 478, 494].map((at) => sector.subarray(at, at + 16));
  const areValid = entries.every(([status]) => status === 0 || status === 0x80);
  return areValid && entries.some((entry) => entry[4] !== 0);
}
