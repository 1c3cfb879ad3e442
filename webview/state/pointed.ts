import type { Place } from '../heatmap/place.js';

/** A place in the view that the pointer or the cell cursor is at, in CSS pixels. */
export interface Pointed {
  readonly place: Place;
  /** The very cluster there, however many the place stands for; undefined past the file's end. */
  readonly cluster: number | undefined;
  readonly x: number;
  readonly y: number;
  /** On which side of it there is room for a line of text. */
  readonly room: { readonly left: boolean; readonly below: boolean };
}
