import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { imageFacts } from '../../../src/core/qcow2/facts.js';
import { foreignFormat } from '../../../src/core/qcow2/foreignFormat.js';
import { openImage } from '../../../src/core/qcow2/image.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';

/** A file of `size` bytes with texts of one byte a character at offsets. */
function file(size: number, ...texts: readonly (readonly [number, string])[]): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [offset, text] of texts) bytes.set(Buffer.from(text, 'latin1'), offset);
  return bytes;
}

const BOOT_SECTOR = [510, '\x55\xaa'] as const;
const PARTITION = [446, '\x80\0\0\0\x83'] as const;

const FORMATS: readonly (readonly [string, string, Uint8Array])[] = [
  ['qcow', 'a QCOW version 1 image', file(512, [0, 'QFI\xfb\0\0\0\x01'])],
  ['vmdk', 'a VMDK disk image', file(512, [0, 'KDMV'])],
  [
    'vmdk',
    'the descriptor of a VMDK disk image',
    Buffer.from('# Disk DescriptorFile\nversion=1\n'),
  ],
  [
    'vdi',
    'a VDI disk image',
    file(512, [0, '<<< QEMU VM Virtual Disk Image >>>\n'], [0x40, '\x7f\x10\xda\xbe']),
  ],
  ['vpc', 'a VHD disk image', file(2048, [0, 'conectix'], [1536, 'conectix'])],
  ['vpc', 'a VHD disk image of fixed size', file(2048, PARTITION, BOOT_SECTOR, [1536, 'conectix'])],
  ['vhdx', 'a VHDX disk image', file(512, [0, 'vhdxfile'])],
  ['qed', 'a QED disk image', file(512, [0, 'QED\0'])],
  ['luks', 'a LUKS volume', file(512, [0, 'LUKS\xba\xbe\0\x01'])],
  ['raw', 'a raw disk with an MBR partition table', file(512, PARTITION, BOOT_SECTOR)],
  [
    'raw',
    'a raw disk with a GPT partition table',
    file(1024, [450, '\xee'], BOOT_SECTOR, [512, 'EFI PART']),
  ],
  ['gzip', 'a file packed with gzip', gzipSync('image')],
  ['zstd', 'a file packed with zstd', zstdCompressSync(Buffer.from('image'))],
  ['xz', 'a file packed with xz', file(64, [0, '\xfd7zXZ\0'])],
  ['bzip2', 'a file packed with bzip2', file(64, [0, 'BZh91AY&SY'])],
  ['tar', 'a tar archive', file(1024, [0, 'disk.qcow2'], [257, 'ustar\x0000'])],
  [
    'iso9660',
    'an ISO 9660 image (CD or DVD)',
    file(0x8800, PARTITION, BOOT_SECTOR, [0x8000, '\x01CD001\x01']),
  ],
];

describe('a file that is no qcow2 image', () => {
  it.each(FORMATS)('%s: %s', (name, title, bytes) => {
    const image = openImage(memorySource(bytes));
    expect(foreignFormat(memorySource(bytes))).toMatchObject({ name, title });
    expect(image.foreign).toBe(true);
    expect(image.problems[0].message).toMatch(
      `This is ${title}, not a qcow2 image: ${name === 'qcow' ? 'version' : 'magic'} at 0x`,
    );
    const { foreign } = imageFacts(image, 'file');
    expect(foreign).toMatchObject({ title });
    expect(foreign?.advice).toMatch(/^(qemu-img convert -f (?!gzip|iso|raw disk)|Unpack it first)/);
  });

  it.each([
    ['text', Buffer.from('Jun 10 12:00:00 guest systemd[1]: Started something.\n')],
    ['deflate without a header', deflateSync('image')],
    ['a boot sector without partitions', file(512, BOOT_SECTOR)],
    ['a boot sector with code for a table', file(512, BOOT_SECTOR, [446, 'NTLDR is missing'])],
    ['nothing', new Uint8Array()],
    ['less than a signature', file(2, [0, 'KD'])],
  ])('is not named when it is %s', (_, bytes) => {
    const image = openImage(memorySource(bytes));
    expect(foreignFormat(memorySource(bytes))).toBeUndefined();
    expect(imageFacts(image, 'file').foreign).toEqual({ title: undefined, advice: undefined });
  });

  it('is none of those that are', () => {
    const bytes = fileBytes(layOut(new ImageBuilder({ virtualSize: 2 ** 20 })));
    expect(imageFacts(openImage(memorySource(bytes)), 'file').foreign).toBeUndefined();
  });
});
