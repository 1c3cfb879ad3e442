import { createCurve, HilbertCurve, type CurveName } from '../core/picture/curve.js';
import type { PictureSource } from '../core/picture/source.js';
import { FileStrip, type StripRows } from '../core/picture/strip.js';
import { tileBytes, type TileCells } from '../core/picture/tile.js';
import { TilePyramid } from '../core/picture/tilePyramid.js';
import type { DeflatedCells, UniformCells } from '../protocol/imageService.js';
import type { Machine } from './machine.js';
import type { Query } from '../protocol/questions.js';

/** The tiles of a picture, on each curve that somebody has asked for, as they go over the wire. */
export class PictureTiles {
  readonly #source: PictureSource;
  readonly #deflate: Machine['deflate'];
  readonly #holds: readonly boolean[];
  readonly #pyramids = new Map<CurveName, TilePyramid>();
  /** Those with shares, for whom wants to see how much of a cell is taken. */
  readonly #dense = new Map<CurveName, TilePyramid>();
  #strip: FileStrip | undefined;

  /** `holds`: see TilePyramid. */
  constructor(source: PictureSource, holds: readonly boolean[], deflate: Machine['deflate']) {
    this.#source = source;
    this.#holds = holds;
    this.#deflate = deflate;
  }

  /** To be called when the source has changed. */
  invalidate(): void {
    this.#strip = undefined;
    for (const pyramids of [this.#pyramids, this.#dense])
      for (const pyramid of pyramids.values()) pyramid.invalidate();
  }

  tile({
    curve,
    level,
    x,
    y,
    shares = false,
  }: Omit<Query<'tile'>, 'view' | 'layer'>): UniformCells | DeflatedCells {
    const cells = this.#pyramid(curve, shares).tile(level, x, y);
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
    this.#strip ??= new FileStrip(this.#pyramid(curve.name, false), curve, this.#source.ranks);
    return this.#strip.rows(rows);
  }

  #pyramid(name: CurveName, shares: boolean): TilePyramid {
    const pyramids = shares ? this.#dense : this.#pyramids;
    const known = pyramids.get(name);
    if (known) return known;
    const curve = createCurve(name, this.#source.clusters);
    const made = new TilePyramid(this.#source, curve, shares ? this.#holds : undefined);
    pyramids.set(name, made);
    return made;
  }
}

function bytesOf({ glyphs, masks, shares }: Extract<TileCells, { type: 'mixed' }>): Uint8Array {
  const bytes = new Uint8Array(tileBytes(shares !== undefined));
  bytes.set(glyphs);
  bytes.set(new Uint8Array(masks.buffer, masks.byteOffset, masks.byteLength), glyphs.byteLength);
  if (shares) bytes.set(shares, glyphs.byteLength + masks.byteLength);
  return bytes;
}
