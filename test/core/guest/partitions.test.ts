import { expect, it } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { readPartitions, type Partition } from '../../../src/core/guest/partitions.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { fileBytes } from '../../images/pieces.js';

const CLUSTER = 2 ** 16;
const MIB = 2 ** 20;

/** The partitions of a disk whose first clusters hold these bytes. */
function partitions(disk: Uint8Array, virtualSize = 64 * MIB): Partition[] {
  const image = new ImageBuilder({ virtualSize });
  for (let at = 0; at < disk.length; at += CLUSTER) {
    const piece = disk.subarray(at, at + CLUSTER);
    if (piece.some((byte) => byte !== 0)) image.write(at / CLUSTER, 1, piece);
  }
  const opened = openImage(memorySource(fileBytes(layOut(image))));
  if (!isMappable(opened)) throw new Error('the image has no geometry');
  return readPartitions(opened);
}

function entry(
  disk: Uint8Array,
  sector: number,
  slot: number,
  type: number,
  lba: number,
  sectors: number,
): void {
  const view = new DataView(disk.buffer);
  const at = sector * 512 + 446 + slot * 16;
  view.setUint8(at + 4, type);
  view.setUint32(at + 8, lba, true);
  view.setUint32(at + 12, sectors, true);
  view.setUint16(sector * 512 + 510, 0x55aa);
}

it('an MBR with an extended partition', () => {
  const disk = new Uint8Array(8 * MIB);
  entry(disk, 0, 0, 0x83, 2048, 4096);
  entry(disk, 0, 1, 0x05, 8192, 8192);
  entry(disk, 8192, 0, 0x83, 64, 1000);
  entry(disk, 8192, 1, 0x05, 2048, 2048);
  entry(disk, 8192 + 2048, 0, 0x82, 64, 1500);
  expect(partitions(disk)).toEqual([
    { number: 1, start: MIB, length: 2 * MIB, name: '' },
    { number: 5, start: (8192 + 64) * 512, length: 1000 * 512, name: '' },
    { number: 6, start: (8192 + 2048 + 64) * 512, length: 1500 * 512, name: '' },
  ]);
});

it('a chain of extended partitions that leads back to itself ends', () => {
  const disk = new Uint8Array(8 * MIB);
  entry(disk, 0, 0, 0x0f, 8192, 8192);
  entry(disk, 8192, 0, 0x83, 64, 1000);
  entry(disk, 8192, 1, 0x05, 0, 2048);
  expect(partitions(disk).map(({ number }) => number)).toEqual([5]);
});

it('a GPT, with names', () => {
  const disk = new Uint8Array(MIB);
  const view = new DataView(disk.buffer);
  entry(disk, 0, 0, 0xee, 1, 0xffffffff);
  view.setBigUint64(512, 0x4546492050415254n);
  view.setBigUint64(512 + 72, 2n, true);
  view.setUint32(512 + 80, 0xffffffff, true);
  view.setUint32(512 + 84, 128, true);
  const at = 1024 + 128;
  view.setBigUint64(at, 1n);
  view.setBigUint64(at + 32, 2048n, true);
  view.setBigUint64(at + 40, 4095n, true);
  disk.set(Buffer.from('root', 'utf16le'), at + 56);
  expect(partitions(disk)).toEqual([{ number: 2, start: MIB, length: MIB, name: 'root' }]);
  // Offsets that no disk has are no partition.
  view.setBigUint64(at + 40, 2n ** 63n, true);
  expect(partitions(disk)).toEqual([]);
});

it('no table: no partitions', () => {
  expect(partitions(new Uint8Array(0))).toEqual([]);
  expect(partitions(new Uint8Array(512).fill(0x55))).toEqual([]);
  expect(partitions(new Uint8Array(0), 0)).toEqual([]);
});
