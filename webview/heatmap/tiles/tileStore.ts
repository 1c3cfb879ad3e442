import type { Tile } from '../../../src/protocol/imageService.js';
import {
  createCurve,
  type Arrangement,
  type Curve,
  type CurveName,
} from '../../../src/core/picture/curve.js';
import type { Picture } from '../../../src/core/picture/layer.js';
import { tileKey, topLevel } from '../../../src/core/picture/tile.js';
import { cellsOf, gathered, piecesAt, putTogether, type ToldTile } from './assembly.js';
import { type StoredTile } from './storedTile.js';
import { ancestor, type Source, type TilePlace } from './tiles.js';
import type { Query } from '../../../src/protocol/questions.js';

/** Requests on their way at the same time. */
const IN_FLIGHT = 8;
/** Tiles kept: those of a 4K screen, and as many around it. */
const KEPT = 224;

/** Tiles kept as the worker told them, to be put together in another arrangement. */
const TOLD_KEPT = 96;

/** A picture on a curve. */
export interface DrawnPicture extends Picture {
  readonly curve: CurveName;
  readonly clusters: number;
  /** How the squares of the Hilbert curve lie, if they are not as large as can be. */
  readonly arrangement?: Arrangement | undefined;
  /** Tiles have the shares of their cells. */
  readonly shares?: boolean;
}

/** A tile, and the part of it under a place. */
interface Found {
  readonly tile: StoredTile;
  readonly source: Source;
}

/**
 * The tiles the webview has. It asks for what the newest view wants, at most eight at a time, and
 * drops what an older view wanted; a stale tile stays until its successor arrives. The worker knows
 * nothing of the shape of the pane: its tiles are cut and turned here to how the squares lie.
 */
export class TileStore {
  picture: Picture;
  curve: Curve;
  top: number;
  #shares = false;
  readonly #fetch: (query: Query<'tile'>) => Promise<Tile>;
  readonly #arrived: () => void;
  readonly #tiles = new Map<number, StoredTile>();
  readonly #told = new Map<number, ToldTile>();
  readonly #asked = new Map<number, Promise<ToldTile>>();
  readonly #inFlight = new Set<number>();
  /** By key: the generation at which asking failed. */
  readonly #failed = new Map<number, number>();
  #wanted: readonly TilePlace[] = [];
  #generation = 0;
  /** Counts up when all that is on its way has become worthless. */
  #epoch = 0;
  #opening = 0;

  constructor(fetch: (query: Query<'tile'>) => Promise<Tile>, arrived: () => void) {
    this.#fetch = fetch;
    this.#arrived = arrived;
    this.picture = { view: 'host', layer: 'kinds' };
    this.curve = createCurve('hilbert', 1);
    this.top = 0;
  }

  /**
   * The tile of the whole of another picture, to turn to it when there is something to draw; no tile
   * where it cannot be had. Undefined when yet another one has been asked for meanwhile.
   */
  async first(shown: DrawnPicture): Promise<{ readonly tile: StoredTile | undefined } | undefined> {
    const { view, layer, curve: name, clusters, arrangement, shares = false } = shown;
    const opening = ++this.#opening;
    const curve = createCurve(name, clusters, arrangement);
    const place = { level: topLevel(curve), x: 0, y: 0 };
    const ask = async (block: TilePlace): Promise<ToldTile> => {
      const { cells, generation } = await this.#fetch({
        ...{ view, layer, curve: name, shares },
        ...block,
      });
      return { cells: await cellsOf(cells), generation };
    };
    const tile = await gathered(shown, place, piecesAt(curve, place), ask).catch(() => undefined);
    return opening === this.#opening ? { tile } : undefined;
  }

  /** Starts over with another picture or another curve. `first`: the tile of its whole. */
  reset(
    { view, layer, curve, clusters, arrangement, shares = false }: DrawnPicture,
    first?: StoredTile,
  ): void {
    this.picture = { view, layer };
    this.#shares = shares;
    this.#told.clear();
    this.#asked.clear();
    this.#begin(createCurve(curve, clusters, arrangement));
    if (first) this.#keep(first);
  }

  /** Lays the squares of the Hilbert curve another way; what has been told remains true. */
  arrange(arrangement: Arrangement): void {
    this.#begin(createCurve('hilbert', this.curve.clusters, arrangement));
  }

  #begin(curve: Curve): void {
    this.curve = curve;
    this.top = topLevel(curve);
    this.#tiles.clear();
    this.#failed.clear();
    this.#inFlight.clear();
    this.#wanted = [];
    this.#epoch++;
  }

  /** From now on tiles of an older generation are stale. */
  setGeneration(generation: number): void {
    this.#generation = generation;
  }

  /** The tile of a place, if all that it is made of has arrived. */
  get(place: TilePlace): StoredTile | undefined {
    const known = this.#tiles.get(tileKey(place.level, place.x, place.y));
    if (known || this.#told.size === 0) return known;
    const pieces = piecesAt(this.curve, place);
    const told: ToldTile[] = [];
    for (const { block } of pieces) {
      const each = this.#told.get(tileKey(place.level, block.x, block.y));
      if (!each) return undefined;
      told.push(each);
    }
    const made = putTogether(this.picture, place, pieces, told);
    this.#keep(made);
    return made;
  }

  /**
   * The tile of a place or else the finest above it that has arrived; one that `accepts` does not
   * refuse, if there is any.
   */
  best(place: TilePlace, accepts: (tile: StoredTile) => boolean): Found | undefined {
    let finest: Found | undefined;
    for (let up = 0; place.level + up <= this.top; up++) {
      const above = ancestor(place, up);
      const tile = this.get(above.place);
      if (!tile) continue;
      const { source } = above;
      if (accepts(tile)) {
        tile.predecessor = undefined;
        return { tile, source };
      }
      if (tile.predecessor && accepts(tile.predecessor)) return { tile: tile.predecessor, source };
      finest ??= { tile, source };
    }
    return finest;
  }

  /** What the view needs now, the most urgent first. Replaces what it needed before. */
  want(places: readonly TilePlace[]): void {
    this.#wanted = places;
    for (const place of places) this.#touch(place);
    this.#askForNext();
  }

  /** A tile of the newest generation. Rejects when it cannot be had. */
  async load(place: TilePlace): Promise<StoredTile> {
    const known = this.get(place);
    if (known && known.generation >= this.#generation) return known;
    const epoch = this.#epoch;
    const stored = await gathered(this.picture, place, piecesAt(this.curve, place), (block) =>
      this.#ask(block),
    );
    if (epoch === this.#epoch) this.#keep(stored);
    return stored;
  }

  /** A tile of the newest generation, as the worker has it. */
  #ask(block: TilePlace): Promise<ToldTile> {
    const key = tileKey(block.level, block.x, block.y);
    const known = this.#told.get(key);
    if (known && known.generation >= this.#generation) return Promise.resolve(known);
    const asked = this.#asked.get(key);
    if (asked) return asked;
    const answer = this.#fetch({
      ...this.picture,
      ...{ curve: this.curve.name, shares: this.#shares },
      ...block,
    }).then(async ({ cells, generation }) => ({ cells: await cellsOf(cells), generation }));
    this.#asked.set(key, answer);
    const isCurrent = (): boolean => this.#asked.get(key) === answer;
    void answer
      .then((told) => {
        if (!isCurrent()) return;
        this.#told.delete(key);
        this.#told.set(key, told);
        for (const [oldest] of this.#told)
          if (this.#told.size > TOLD_KEPT) this.#told.delete(oldest);
      })
      .catch(() => undefined)
      .finally(() => {
        if (isCurrent()) this.#asked.delete(key);
      });
    return answer;
  }

  #askForNext(): void {
    for (const place of this.#wanted) {
      if (this.#inFlight.size >= IN_FLIGHT) return;
      const key = tileKey(place.level, place.x, place.y);
      if (this.#inFlight.has(key) || this.#failed.get(key) === this.#generation) continue;
      const known = this.#tiles.get(key);
      if (!known || known.generation < this.#generation) void this.#complete(key, place);
    }
  }

  async #complete(key: number, place: TilePlace): Promise<void> {
    const epoch = this.#epoch;
    this.#inFlight.add(key);
    try {
      await this.load(place);
    } catch {
      // Asked again when the scan has come further; until then what is above it stays drawn.
      if (epoch === this.#epoch) this.#failed.set(key, this.#generation);
    }
    if (epoch !== this.#epoch) return;
    this.#inFlight.delete(key);
    this.#askForNext();
    this.#arrived();
  }

  #touch(place: TilePlace): void {
    const key = tileKey(place.level, place.x, place.y);
    const tile = this.#tiles.get(key);
    if (!tile) return;
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
  }

  #keep(tile: StoredTile): void {
    const { level, x, y } = tile.place;
    const key = tileKey(level, x, y);
    const before = this.#tiles.get(key);
    tile.predecessor = before?.predecessor ?? before;
    this.#tiles.set(key, tile);
    for (const [key, { place }] of this.#tiles) {
      if (this.#tiles.size <= KEPT) return;
      // The tile of the whole picture stays: it is under everything else.
      if (place.level !== this.top) this.#tiles.delete(key);
    }
  }
}
