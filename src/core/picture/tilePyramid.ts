import type { Curve } from './curve.js';
import { gatherTile, OUTSIDE_TILE } from './gather.js';
import { averageInto, reduceInto } from './reduce.js';
import type { PictureSource } from './source.js';
import {
  DOMINANT_MASK,
  newTile,
  TILE,
  tileBytes,
  tileKey,
  topLevel,
  type MixedTile,
  type TileCells,
} from './tile.js';

/** Bytes that the kept tiles may take: all levels above 0 of an image of some 20 M clusters. */
const BUDGET = 24 * 2 ** 20;
const UNIFORM_BYTES = 128;

/**
 * A picture at every level of detail, made on demand. Level 0 comes from the source through the
 * curve and is not kept; tiles above it are, the least recently used going first.
 */
export class TilePyramid {
  readonly #source: PictureSource;
  readonly #curve: Curve;
  readonly #budget: number;
  readonly #kept = new Map<number, TileCells>();
  /** The tile of the whole picture took longest to make, and everybody wants it: it stays. */
  readonly #top: number;
  readonly #scratch: MixedTile;
  /** By value: the share of a cluster that has it. */
  readonly #shareOf: Uint8Array | undefined;
  #bytes = 0;

  /**
   * `holds`: by value, whether clusters that have it hold anything; only then tiles have shares.
   * `budget`: bytes that the kept tiles may take.
   */
  constructor(source: PictureSource, curve: Curve, holds?: readonly boolean[], budget = BUDGET) {
    this.#shareOf =
      holds && Uint8Array.from({ length: 32 }, (_, value) => (holds[value] ? 255 : 0));
    this.#scratch = newTile(holds !== undefined);
    this.#source = source;
    this.#curve = curve;
    this.#budget = budget;
    this.#top = tileKey(topLevel(curve), 0, 0);
  }

  /** To be called when the source has changed. */
  invalidate(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  /** The tile at column `x` and row `y` of a level. Not to be written to. */
  tile(level: number, x: number, y: number): TileCells {
    return this.#tile(level, x, y, undefined);
  }

  /** A level-0 tile lies in `scratch` when there is one, until the next is made. */
  #tile(level: number, x: number, y: number, scratch: MixedTile | undefined): TileCells {
    const edge = TILE * 2 ** level;
    if (x < 0 || y < 0 || x * edge >= this.#curve.width || y * edge >= this.#curve.height) {
      return OUTSIDE_TILE;
    }
    if (level === 0) {
      const target = scratch ?? newTile(this.#shareOf !== undefined);
      const made = gatherTile(this.#source, this.#curve, x, y, target);
      if (made.type === 'mixed') this.#fillShares(made);
      return made;
    }

    const key = tileKey(level, x, y);
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const made = this.#reduce(level, x, y);
    this.#keep(key, made);
    return made;
  }

  /** A tile from its four children; uniform, at no cost, as long as they are all alike. */
  #reduce(level: number, x: number, y: number): TileCells {
    let parent: MixedTile | undefined;
    let first: TileCells | undefined;
    for (let quarter = 0; quarter < 4; quarter++) {
      const right = quarter & 1;
      const down = quarter >>> 1;
      const child = this.#tile(level - 1, x * 2 + right, y * 2 + down, this.#scratch);
      first ??= child;
      if (!parent) {
        if (alike(first, child)) continue;
        parent = newTile(this.#shareOf !== undefined);
        for (let before = 0; before < quarter; before++)
          this.#reduceInto(parent, first, before & 1, before >>> 1);
      }
      this.#reduceInto(parent, child, right, down);
    }
    return parent ?? first ?? OUTSIDE_TILE;
  }

  #reduceInto(parent: MixedTile, child: TileCells, right: number, down: number): void {
    reduceInto(parent, child, right, down, this.#source.ranks);
    if (!parent.shares || !this.#shareOf) return;
    const shares =
      child.type === 'mixed' ? child.shares : this.#shareOf[child.glyph & DOMINANT_MASK];
    averageInto(parent.shares, shares ?? 0, right, down);
  }

  /** The shares of a tile of clusters. */
  #fillShares({ glyphs, shares }: MixedTile): void {
    if (!shares || !this.#shareOf) return;
    for (let i = 0; i < shares.length; i++) shares[i] = this.#shareOf[glyphs[i] & DOMINANT_MASK];
  }

  #keep(key: number, tile: TileCells): void {
    this.#kept.set(key, tile);
    this.#bytes += bytesOf(tile);
    for (const [oldest, cells] of this.#kept) {
      if (this.#bytes <= this.#budget) return;
      if (oldest === this.#top) continue;
      this.#kept.delete(oldest);
      this.#bytes -= bytesOf(cells);
    }
  }
}

const bytesOf = (tile: TileCells): number =>
  tile.type === 'mixed' ? tileBytes(tile.shares !== undefined) : UNIFORM_BYTES;

/** Both uniform, in the same way. */
function alike(a: TileCells, b: TileCells): boolean {
  return a.type === 'uniform' && b.type === 'uniform' && a.glyph === b.glyph && a.mask === b.mask;
}
