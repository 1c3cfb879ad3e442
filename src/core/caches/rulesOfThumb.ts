import { sizeText } from '../numbers.js';
import type { MappableImage } from '../qcow2/image.js';
import { type CachedDisk, cacheSlots, fullCoverage } from '../simulate/copy/cacheSlots.js';

/** What QEMU's documentation says (docs/qcow2-cache.txt), worked out for an image. */
export interface RuleOfThumb {
  readonly option: 'l2-cache-size' | 'refcount-cache-size';
  readonly bytes: number;
  readonly rule: string;
}

/** What the sizes of an image's caches go by. */
export const diskOf = ({ geometry }: MappableImage): CachedDisk => ({
  clusterSize: geometry.clusterSize,
  l2EntrySize: geometry.l2EntrySize,
  diskSize: Number(geometry.virtualSize),
});

export function rulesOfThumb(image: MappableImage): readonly RuleOfThumb[] {
  const { clusterSize, l2EntrySize, refcountBits, fileSize } = image.geometry;
  const disk = diskOf(image);
  const perMebibyte = (2 ** 20 / l2EntrySize) * clusterSize;
  const made = cacheSlots(disk, {});
  const refcounts = Math.ceil((fileSize / clusterSize) * (refcountBits / 8));
  return [
    {
      option: 'l2-cache-size',
      bytes: fullCoverage(disk),
      rule: `disk size × ${l2EntrySize} / cluster size covers the whole disk: 1 MiB per ${sizeText(perMebibyte)}`,
    },
    {
      option: 'refcount-cache-size',
      bytes: made.ok ? made.value.slots.refcount * clusterSize : refcounts,
      rule: `the least, 4 clusters, unless internal snapshots are in use; the refcounts of the whole file take ${sizeText(refcounts)}`,
    },
  ];
}
