import { guestClusters } from '../core/guest/guestTable.js';
import { mixedClusters } from '../core/guest/mixedClusters.js';
import { createCurve, type Curve } from '../core/picture/curve.js';
import type { MappableImage } from '../core/qcow2/image.js';
import type { CellsQuery, MixedCells } from '../protocol/navigation.js';

/** Cells along the edge of a block. */
const BLOCK = 64;
const CELLS = BLOCK * BLOCK;

/** See MixedCells. Throws on I/O errors. */
export function mixedCells(image: MappableImage, { curve, x, y }: CellsQuery): MixedCells {
  if (!image.geometry.extendedL2) return { cells: [] };
  const cells: number[] = [];
  const block = clustersOf(createCurve(curve, guestClusters(image.geometry)), x, y);
  for (let i = 0; i < block.length;) {
    // Clusters side by side have their entries side by side.
    const from = i;
    const first = clusterOf(block[i]);
    while (i < block.length && clusterOf(block[i]) === first + i - from) i++;
    for (const mixed of mixedClusters(image, first, first + i - from)) {
      const cell = block[from + mixed.cluster - first] % CELLS;
      cells.push(cell, mixed.hasPlace ? 1 : 0, mixed.zeroes, mixed.allocated);
    }
  }
  return { cells };
}

const clusterOf = (packed: number): number => Math.floor(packed / CELLS);

/** The clusters of a block in ascending order, each as CELLS times its number plus that of its cell. */
function clustersOf(curve: Curve, x: number, y: number): Float64Array {
  const packed: number[] = [];
  for (let cell = 0; cell < CELLS; cell++) {
    const cluster = curve.cluster(x * BLOCK + (cell % BLOCK), y * BLOCK + Math.floor(cell / BLOCK));
    if (cluster !== undefined) packed.push(cluster * CELLS + cell);
  }
  return Float64Array.from(packed).sort();
}
