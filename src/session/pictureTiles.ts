import { createCurve, HilbertCurve, type CurveName } from '../core/picture/curve.js';
import type { PictureSource } from '../core/picture/source.js';
import { FileStrip, type StripRows } from '../core/picture/strip.js';
import type { TileCells } from '../core/picture/tile.js';
import { TilePyramid } from '../core/picture/tilePyramid.js';
import type { DeflatedCells, UniformCells } from '../protocol/imageService.js';
import type { Machine } from './machine.js';
import type { Query } from '../protocol/questions.js';

/** The tiles of a picture, on each curve that somebody has asked for, as they go over the wire. */
export class PictureTiles {
  readonly #source: PictureSource;
  readonly #deflate: Machine['deflate'];
  readonly #pyramids = new Map<CurveName, TilePyramid>();
  #strip: FileStrip | undefined;

  constructor(source: PictureSource, deflate: Machine['deflate']) {
    this.#source = source;
    this.#deflate = deflate;
  }

  /** To be called when the source has changed. */
  invalidate(): void {
    this.#strip = undefined;
    for (const pyramid of this.#pyramids.values()) pyramid.invalidate();
  }

  tile({
    curve,
    level,
    x,
    y,
  }: Omit<Query<'tile'>, 'view' | 'layer'>): UniformCells | DeflatedCells {
    const cells = this.#pyramid(curve).tile(level, x, y);
    switch (cells.type) {
      case 'uniform':
        return cells;
      case 'mixed':
        return { type: 'deflated', bytes: this.#deflate(bytesOf(cells)) };
    }
  }

  /** All of it in so many rows: what the Hilbert curve's pyramid says of it. */
  strip(rows: number): StripRows {
    const curve = new HilbertCurve(this.#source.clusters);
    this.#strip ??= new FileStrip(this.#pyramid(curve.name), curve, this.#source.ranks);
    return this.#strip.rows(rows);
  }

  #pyramid(name: CurveName): TilePyramid {
    const known = this.#pyramids.get(name);
    if (known) return known;
    const made = new TilePyramid(this.#source, createCurve(name, this.#source.clusters));
    this.#pyramids.set(name, made);
    return made;
  }
}

function bytesOf({ glyphs, masks }: Extract<TileCells, { type: 'mixed' }>): Uint8Array {
  const bytes = new Uint8Array(glyphs.byteLength + masks.byteLength);
  bytes.set(glyphs);
  bytes.set(new Uint8Array(masks.buffer, masks.byteOffset, masks.byteLength), glyphs.byteLength);
  return bytes;
}
