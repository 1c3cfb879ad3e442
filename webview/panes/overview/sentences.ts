import type { Cause, Diagnosis, GuestRange, Step } from '../../../src/core/check/causes/cause.js';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { plural, size } from '../../text/text.js';

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Text from the image as a sentence. */
export const sentence = (text: string): string => {
  const shown = capital(clean(text));
  return shown === '' || /[.!?]$/.test(shown) ? shown : `${shown}.`;
};

/** `0x50000 – 0x5ffff` of the disk, or of a snapshot. */
export function rangeText({ start, length, snapshot }: GuestRange): string {
  const of = snapshot === undefined ? '' : ` of snapshot '${clean(snapshot)}'`;
  return `${hex(start)} – ${hex(start + Math.max(0, length - 1))}${of}`;
}

/** What a command is called on a button: `cp`, `convert` of `qemu-img convert …`. */
export function commandName({ command = '' }: Step): string {
  const [program, verb] = command.split(' ');
  return program === 'qemu-img' && verb !== undefined ? verb : program;
}

/** The amount in danger; nothing where nothing is. */
export function amountText({ danger: { bytes, wholeDisk } }: Cause): string {
  if (wholeDisk) return 'whole disk';
  return bytes > 0 ? size(bytes) : '';
}

/** What the image is: "qcow2 version 3, 64 KiB clusters, 2 snapshots, zlib". */
export function imageText({ geometry }: ImageFacts): string {
  if (!geometry) return 'no qcow2 image';
  const { version, clusterBits, snapshots, bitmaps, encryption, compression } = geometry;
  return [
    `qcow2 version ${version}`,
    `${size(2 ** clusterBits)} clusters`,
    snapshots > 0 ? plural(snapshots, 'snapshot') : '',
    bitmaps > 0 ? plural(bitmaps, 'bitmap') : '',
    geometry.extendedL2 ? 'extended L2' : '',
    encryption === 'none' ? '' : encryption === 'luks' ? 'LUKS' : 'AES',
    compression,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** How the file's size and the disk's are to each other. */
export function sizesText({ fileSize, geometry }: ImageFacts): string {
  return `A file of ${size(fileSize)} holds a disk of ${size(geometry?.virtualSize ?? 0)}.`;
}

/** Causes that harm, and the rest, which stands out. */
export function divided({ causes }: Diagnosis): { harm: number; rest: number } {
  const harm = causes.filter(({ severity }) => severity === 'danger' || severity === 'damage');
  return { harm: harm.length, rest: causes.length - harm.length };
}
