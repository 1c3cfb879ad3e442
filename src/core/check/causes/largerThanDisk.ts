import { sizeText } from '../../numbers.js';
import type { Step } from './cause.js';
import type { CauseRule } from './rule.js';
import { namesText } from './words.js';

interface Part {
  readonly bytes: number;
  /** Ends the sentence "the file is larger: …". */
  readonly name: string;
  /** Stands for itself. */
  readonly told: string;
  readonly doNext: Step;
}

/** A file that is larger than the disk it holds, and why. */
export const largerThanDisk: CauseRule = {
  suspects({ excess, image }) {
    if (!excess) return [];
    const { snapshotTable, geometry } = image;
    const names = snapshotTable.snapshots.map(({ name }) => name);
    const size = sizeText(geometry.clusterSize);
    const parts: Part[] = [
      {
        bytes: excess.snapshots,
        name: names.length === 1 ? 'its snapshot' : 'its snapshots',
        told: `data of snapshots alone take ${sizeText(excess.snapshots)} (${namesText(names)})`,
        doNext: {
          text: 'See which snapshots there are, and delete those that nobody needs any more',
          command: 'qemu-img snapshot -l {image}',
        },
      },
      {
        bytes: excess.free,
        name: 'free clusters inside',
        told: `${sizeText(excess.free)} inside are free, and will be used before the file grows`,
        doNext: {
          text: 'To have the room back, write the disk to a new image (without its snapshots)',
          command: 'qemu-img convert -f qcow2 -O qcow2 {image} {new}',
        },
      },
      {
        bytes: excess.tables,
        name: 'its tables',
        told: `tables take ${sizeText(excess.tables)}, as clusters of ${size} need them`,
        doNext: {
          text: 'Larger clusters need fewer tables: write the disk to a new image (without its snapshots)',
          command: 'qemu-img convert -f qcow2 -O qcow2 -o cluster_size=64k {image} {new}',
        },
      },
      {
        bytes: excess.bitmaps,
        name: 'its bitmaps',
        told: `bitmaps take ${sizeText(excess.bitmaps)}`,
        doNext: {
          text: 'Look at the bitmaps, and remove those that no backup needs any more ("qemu-img bitmap --remove")',
          command: 'qemu-img info {image}',
        },
      },
      {
        bytes: excess.leaks,
        name: 'leaked clusters',
        told: `${sizeText(excess.leaks)} are leaked: nothing uses them`,
        doNext: {
          text: 'Give leaked clusters back, with the VM off',
          command: 'qemu-img check -f qcow2 -r leaks {image}',
        },
      },
    ];
    parts.sort((a, b) => b.bytes - a.bytes);
    const [most] = parts;
    const told = parts.filter(({ bytes }) => bytes > 0 && bytes >= excess.bytes / 20);
    return [
      {
        id: 'larger-than-disk',
        always: true,
        tell: () => ({
          severity: 'note',
          title: `The file is ${sizeText(excess.bytes)} larger than the disk it holds: ${most.name}`,
          explanation: `The disk has ${sizeText(Number(geometry.virtualSize))}, the file ${sizeText(image.source.size)}: ${told.map((part) => part.told).join('; ')}. Nothing is wrong with that.`,
          danger: 'no guest data',
          doNext: [most.doNext],
          doNot: [],
        }),
      },
    ];
  },
};
