import { KINDS } from '../map/kinds.js';
import { holdings, isKinds, ranksOf, valuesOf, type Picture } from './layer.js';
import { glyphOfKind, maskOfValue } from './tile.js';

/** In the table of a level: the cell has the colour of its dominant value. */
export const AS_DOMINANT = 255;

/** Of all cells of a level, a value that is in more than this part of them may not paint them. */
const MOST = 1 / 4;

/** What fills no more than this part of a picture is looked for among the rest. */
const RARE = 1 / 64;

/** Values that fill a file; all others are structures, a cluster here and there. */
const AREAS: ReadonlySet<number> = new Set(
  (['data', 'compressed', 'vm-state', 'unallocated'] as const).map(glyphOfKind),
);

/**
 * What a cell is painted with that stands for many clusters, so that nothing that is in the image is
 * lost from sight: its rarest value, if painting it everywhere leaves three quarters of the picture
 * to the others; else what most of its clusters are. The same at every place of a level.
 */
export class Rarity {
  readonly #clusters: number;
  readonly #counts: readonly number[] | undefined;
  readonly #picture: Picture;
  readonly #tables: (Uint8Array | undefined)[] = [];
  #contents: Uint8Array | undefined;
  /** The values that clusters have, the rarest first. */
  readonly order: readonly number[];
  /** Mask of the values that are marked where their cells are too small to be seen… */
  readonly marked: number;
  /** …and of those that need it only if none of the cells has their colour. */
  readonly common: number;

  /** `counts`: clusters by value, of `clusters` in all; undefined until they are known. */
  constructor(picture: Picture, clusters: number, counts: readonly number[] | undefined) {
    this.#picture = picture;
    this.#clusters = clusters;
    this.#counts = counts;
    const ranks = ranksOf(picture);
    this.order = valuesOf(picture)
      .map((_, value) => value)
      // What no cluster counts as is in no legend: a cluster of two kinds is one of the other.
      .filter((value) => counts === undefined || counts[value] > 0)
      .sort((a, b) => (counts ? counts[a] - counts[b] : 0) || ranks[b] - ranks[a]);
    const isRare = (value: number): boolean =>
      this.isStructure(value) || (counts !== undefined && counts[value] <= RARE * clusters);
    const something = this.order.filter((value) => value > 0);
    this.marked = maskOfAll(something.filter(isRare));
    this.common = maskOfAll(something.filter((value) => !isRare(value)));
  }

  /** Whether it would be the same of these. */
  isOf({ view, layer }: Picture, clusters: number, counts: readonly number[] | undefined): boolean {
    const same = this.#picture.view === view && this.#picture.layer === layer;
    if (!same || this.#clusters !== clusters) return false;
    return counts === this.#counts || counts?.join() === this.#counts?.join();
  }

  /** A structure of the image, which stands out from what fills it. */
  isStructure(value: number): boolean {
    const { view, layer } = this.#picture;
    return view === 'host' && isKinds(layer) && value <= KINDS.length && !AREAS.has(value);
  }

  /** Whether clusters that have a value hold anything. */
  holds(value: number): boolean {
    return holdings(this.#picture)[value] ?? false;
  }

  /** The values of a mask, the rarest first. */
  valuesOf(mask: number): number[] {
    return this.order.filter((value) => (mask & maskOfValue(value)) !== 0);
  }

  /** Whether the cells of a level are painted with a value whenever it is in them. */
  paints(value: number, level: number): boolean {
    if (this.#counts === undefined) return this.isStructure(value);
    return this.#counts[value] <= (MOST * this.#clusters) / 4 ** level;
  }

  /** By mask of the values in a cell of a level: the value that it is painted with, or AS_DOMINANT. */
  table(level: number): Uint8Array {
    return (this.#tables[level] ??= this.#make(level));
  }

  /** By mask of the values in a cell: the most frequent of those that hold anything, if there is one. */
  get contents(): Uint8Array {
    if (this.#contents) return this.#contents;
    const holds = holdings(this.#picture);
    const table = new Uint8Array(2 ** 16).fill(AS_DOMINANT);
    const place = new Uint8Array(256).fill(AS_DOMINANT);
    const frequent = this.order.filter((value) => holds[value]).reverse();
    frequent.forEach((value, index) => (place[value] = index));
    fillTable(table, place);
    return (this.#contents = table);
  }

  #make(level: number): Uint8Array {
    const table = new Uint8Array(2 ** 16).fill(AS_DOMINANT);
    // A cell of level 0 is a cluster, and counts as its dominant value.
    if (level === 0) return table;
    const painting = this.order.filter((value) => this.paints(value, level));
    const place = new Uint8Array(256).fill(AS_DOMINANT);
    painting.forEach((value, index) => (place[value] = index));
    fillTable(table, place);
    return table;
  }
}

/** By mask: the value that comes first. `place`: of each value, 255 for those that do not count. */
function fillTable(table: Uint8Array, place: Uint8Array): void {
  for (let mask = 1; mask < table.length; mask++) {
    const rest = table[mask & (mask - 1)];
    const value = (32 - Math.clz32(mask & -mask)) & 15;
    table[mask] = place[value] < place[rest] ? value : rest;
  }
}

const maskOfAll = (values: readonly number[]): number =>
  values.reduce((mask, value) => mask | maskOfValue(value), 0);
