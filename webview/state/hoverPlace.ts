import type { Trouble } from '../../src/core/map/cell.js';
import type { Picture } from '../../src/core/picture/layer.js';

/** What is known of the place under the pointer or the cursor, without asking anybody. */
export interface HoverPlace {
  readonly picture: Picture;
  /** The cluster there, or the first of the cell when it stands for many. */
  readonly cluster: number;
  /** Clusters that the cell stands for. */
  readonly clusters: number;
  /** Values of its clusters; empty while the tile is on its way. */
  readonly values: readonly number[];
  readonly trouble: Trouble;
}

/** A place in the view that the pointer or the cell cursor is at, in CSS pixels. */
export interface HoverPoint {
  readonly place: HoverPlace;
  /** The very cluster there, however many the place stands for; undefined past the file's end. */
  readonly cluster: number | undefined;
  readonly x: number;
  readonly y: number;
  /** On which side of it there is room for a line of text. */
  readonly room: { readonly left: boolean; readonly below: boolean };
}
