import type { Picture } from '../../../src/core/picture/layer.js';
import { kindOfDominant } from '../../../src/core/picture/tile.js';

/** What tells colours apart that look alike to some: what only snapshots have is hollow, bitmaps are half squares. */
export type Shape = 'full' | 'hollow' | 'half';

/** The shape of the mark of a value, on the map and in the legend. */
export function shapeOf({ view, layer }: Picture, value: number): Shape {
  if (view !== 'host' || layer !== 'kinds') return 'full';
  switch (kindOfDominant(value)) {
    case 'inactive-l1':
    case 'inactive-l2':
    case 'snapshot-table':
      return 'hollow';
    case 'bitmap-directory':
    case 'bitmap-table':
    case 'bitmap-data':
      return 'half';
    default:
      return 'full';
  }
}
