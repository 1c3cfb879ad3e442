import type { TileCells } from '../../../src/core/picture/tile.js';
import type { TilePlace } from './tiles.js';

/** A tile as it arrived. Renderers hang what they make of it off its identity. */
export class StoredTile {
  readonly place: TilePlace;
  readonly cells: TileCells;
  readonly generation: number;
  /** What was there before, until this one has been drawn. */
  predecessor: StoredTile | undefined;

  constructor(place: TilePlace, cells: TileCells, generation: number) {
    this.place = place;
    this.cells = cells;
    this.generation = generation;
  }
}
