import { GUEST } from '../../src/core/guest/guestKinds.js';
import {
  SUBCLUSTERS,
  subclusterKind,
  type SubclusterKind,
} from '../../src/core/qcow2/subclusters.js';
import { DOMINANT_MASK, maskOfValue, TILE } from '../../src/core/picture/tile.js';
import type { MixedCells } from '../../src/protocol/navigation.js';
import { BLOCK_EDGE } from '../../src/protocol/limits.js';
import { BlockStore, cellInBlock } from './tiles/blockStore.js';
import type { Palette } from './palette.js';
import type { DrawItem, Frame } from './renderer.js';
import type { StoredTile } from './tiles/storedTile.js';
import type { Query } from '../../src/protocol/questions.js';

/** From this width of a cell on (CSS pixels) its subclusters are told apart. */
export const SUBCLUSTERS_FROM = 24;
/** They are read in a cell like words: rows of so many from the left to the right. */
export const ACROSS = 8;
export const DOWN = SUBCLUSTERS / ACROSS;
/** Blocks in a row of a tile. */
const BLOCKS = TILE / BLOCK_EDGE;

/** The value of a picture of the guest's disk whose colour a subcluster has. */
const VALUE: Readonly<Record<SubclusterKind, number>> = {
  normal: GUEST.normal,
  'zero-allocated': GUEST.zeroAllocated,
  'zero-plain': GUEST.zeroPlain,
  'unallocated-allocated': GUEST.preallocated,
  unallocated: GUEST.unallocated,
  compressed: GUEST.compressed,
};

interface Painted {
  readonly palette: Palette;
  readonly canvas: OffscreenCanvas;
  /** By cell: mask of the values that its subclusters have. */
  readonly masks: Uint16Array;
  /** By cell: the values themselves. */
  readonly values: ReadonlyMap<number, readonly number[]>;
}

/** The subclusters of mixed clusters in view, block by block as they are told. */
export class SubclusterGrid {
  readonly #blocks: BlockStore<MixedCells>;
  readonly #painted = new WeakMap<MixedCells, Painted>();
  readonly #mixed = new WeakMap<StoredTile, readonly boolean[]>();

  constructor(fetch: (query: Query<'cells'>) => Promise<MixedCells>, arrived: () => void) {
    this.#blocks = new BlockStore(fetch, { cells: [] }, arrived);
  }

  get blocks(): Pick<BlockStore<MixedCells>, 'reset' | 'setGeneration'> {
    return this.#blocks;
  }

  /** Draws what is known and asks for the rest. Returns the mask of the values drawn. */
  draw(context: CanvasRenderingContext2D, frame: Omit<Frame, 'rarity' | 'density'>): number {
    const { isolation, palette } = frame;
    if (isolation && isolation.dominant !== GUEST.partial) return 0;
    let values = 0;
    context.imageSmoothingEnabled = false;
    for (const item of frame.items) {
      if (item.tile.place.level > 0) continue;
      for (let block = 0; block < BLOCKS * BLOCKS; block++) {
        if (!this.#mixedBlocks(item.tile)[block]) continue;
        const part = partInView(item, block, frame);
        if (!part) continue;
        this.#blocks.want(part);
        const known = this.#blocks.blockOf(part.left, part.top);
        if (!known) continue;
        const painted = this.#paint(known, palette);
        drawPart(context, item, part, painted.canvas);
        for (let y = part.top; y < part.bottom; y++)
          for (let x = part.left; x < part.right; x++) values |= painted.masks[cellInBlock(x, y)];
      }
    }
    return values;
  }

  /** The values of the subclusters of a cell, if they have been drawn. */
  valuesAt(x: number, y: number): readonly number[] | undefined {
    const block = this.#blocks.blockOf(x, y);
    return block && this.#painted.get(block)?.values.get(cellInBlock(x, y));
  }

  /** Which blocks of a tile have cells whose subclusters differ: only those are asked for. */
  #mixedBlocks(tile: StoredTile): readonly boolean[] {
    const known = this.#mixed.get(tile);
    if (known) return known;
    const made = new Array<boolean>(BLOCKS * BLOCKS).fill(isMixed(tile.cells));
    const { cells } = tile;
    if (cells.type === 'mixed')
      cells.glyphs.forEach((glyph, at) => {
        if ((glyph & DOMINANT_MASK) !== GUEST.partial) return;
        made[Math.floor(at / TILE / BLOCK_EDGE) * BLOCKS + Math.floor((at % TILE) / BLOCK_EDGE)] =
          true;
      });
    this.#mixed.set(tile, made);
    return made;
  }

  /** A block with a pixel for each subcluster; nothing where the cell itself says all. */
  #paint(block: MixedCells, palette: Palette): Painted {
    const known = this.#painted.get(block);
    if (known?.palette === palette) return known;
    const image = new ImageData(BLOCK_EDGE * ACROSS, BLOCK_EDGE * DOWN);
    const pixels = new Uint32Array(image.data.buffer);
    const masks = new Uint16Array(BLOCK_EDGE * BLOCK_EDGE);
    const values = new Map<number, readonly number[]>();
    const { cells } = block;
    for (let i = 0; i + 3 < cells.length; i += 4) {
      const [cell, placed, zeroes, allocated] = cells.slice(i, i + 4);
      const left = (cell % BLOCK_EDGE) * ACROSS;
      const top = Math.floor(cell / BLOCK_EDGE) * DOWN;
      const parts = Array.from(
        { length: SUBCLUSTERS },
        (_, index) => VALUE[subclusterKind(placed === 1, { zeroes, allocated }, index)],
      );
      values.set(cell, parts);
      parts.forEach((value, index) => {
        const y = top + Math.floor(index / ACROSS);
        pixels[y * image.width + left + (index % ACROSS)] = palette.colours[value];
        masks[cell] |= maskOfValue(value);
      });
    }
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no 2D canvas');
    context.putImageData(image, 0, 0);
    const painted = { palette, canvas, masks, values };
    this.#painted.set(block, painted);
    return painted;
  }
}

const isMixed = (cells: StoredTile['cells']): boolean =>
  cells.type === 'uniform' && (cells.glyph & DOMINANT_MASK) === GUEST.partial;

/** Cells of the picture, ends excluded. */
interface Part {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The cells of a block of a tile that can be seen. */
function partInView(
  { tile, source, left, top, right, bottom }: DrawItem,
  block: number,
  { width, height }: Pick<Frame, 'width' | 'height'>,
): Part | undefined {
  const wide = (right - left) / source.size;
  const high = (bottom - top) / source.size;
  const x = (block % BLOCKS) * BLOCK_EDGE;
  const y = Math.floor(block / BLOCKS) * BLOCK_EDGE;
  const part = {
    left: Math.max(x, source.x + Math.floor(Math.max(0, -left) / wide)),
    top: Math.max(y, source.y + Math.floor(Math.max(0, -top) / high)),
    right: Math.min(
      x + BLOCK_EDGE,
      source.x + Math.ceil(Math.min(width - left, right - left) / wide),
    ),
    bottom: Math.min(
      y + BLOCK_EDGE,
      source.y + Math.ceil(Math.min(height - top, bottom - top) / high),
    ),
  };
  if (part.left >= part.right || part.top >= part.bottom) return undefined;
  const [across, down] = [tile.place.x * TILE, tile.place.y * TILE];
  return {
    left: across + part.left,
    top: down + part.top,
    right: across + part.right,
    bottom: down + part.bottom,
  };
}

/** Edges on whole pixels, so that blocks side by side meet. */
function drawPart(
  context: CanvasRenderingContext2D,
  { tile, source, left, top, right, bottom }: DrawItem,
  part: Part,
  canvas: OffscreenCanvas,
): void {
  const wide = (right - left) / source.size;
  const high = (bottom - top) / source.size;
  const x = (at: number): number => Math.round(left + (at - tile.place.x * TILE - source.x) * wide);
  const y = (at: number): number => Math.round(top + (at - tile.place.y * TILE - source.y) * high);
  context.drawImage(
    canvas,
    (part.left % BLOCK_EDGE) * ACROSS,
    (part.top % BLOCK_EDGE) * DOWN,
    (part.right - part.left) * ACROSS,
    (part.bottom - part.top) * DOWN,
    x(part.left),
    y(part.top),
    x(part.right) - x(part.left),
    y(part.bottom) - y(part.top),
  );
}
