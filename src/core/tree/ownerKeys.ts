import type { Owner, SnapshotName } from '../map/owner.js';
import type { Image } from '../qcow2/image.js';

/** The keys on the way from the root of the tree to the node that says what an owner is. */
export function keysOf(owner: Owner, image: Image): readonly string[] {
  switch (owner.type) {
    case 'main-header':
      return ['header'];
    case 'l1-table':
      return keysOfL1(owner.snapshot);
    case 'l2-table':
      return [...keysOfL1(owner.snapshot), String(owner.l1Index)];
    case 'l2-entry':
      return [...keysOfL1(owner.snapshot), String(owner.l1Index), String(owner.l2Index)];
    case 'refcount-table':
      return ['refcounts'];
    case 'refcount-block':
      return ['refcounts', String(owner.index)];
    case 'snapshot-table':
      return ['snapshots'];
    case 'bitmap-directory':
      return ['bitmaps'];
    case 'bitmap-table':
      return keysOfBitmap(owner.bitmap, image);
    case 'bitmap-data':
      return [...keysOfBitmap(owner.bitmap, image), String(owner.index)];
    case 'crypto-header':
      return ['luks'];
  }
}

const keysOfL1 = (snapshot: SnapshotName | undefined): readonly string[] =>
  snapshot ? ['snapshots', String(snapshot.index), 'l1'] : ['l1'];

function keysOfBitmap(name: string, image: Image): readonly string[] {
  const bitmaps = 'bitmaps' in image ? (image.bitmaps?.bitmaps ?? []) : [];
  return ['bitmaps', String(bitmaps.findIndex((bitmap) => bitmap.name === name)), 'table'];
}
