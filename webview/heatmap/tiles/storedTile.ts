import type { TileCells } from '../../../src/core/picture/tile.js';
import { COARSEST, troubleMarkers, type Marker } from '../marks/markers.js';
import type { TilePlace } from './tiles.js';

/** A tile as it arrived. Renderers hang what they make of it off its identity. */
export class StoredTile {
  readonly place: TilePlace;
  readonly cells: TileCells;
  readonly generation: number;
  /** What was there before, until this one has been drawn. */
  predecessor: StoredTile | undefined;
  readonly #markers = new Map<number, readonly Marker[]>();

  constructor(place: TilePlace, cells: TileCells, generation: number) {
    this.place = place;
    this.cells = cells;
    this.generation = generation;
  }

  /** See `troubleMarkers`. */
  markers(bits: number): readonly Marker[] {
    const clamped = Math.min(Math.max(bits, 0), COARSEST);
    const known = this.#markers.get(clamped);
    if (known) return known;
    const made = troubleMarkers(this.cells, clamped);
    this.#markers.set(clamped, made);
    return made;
  }
}
