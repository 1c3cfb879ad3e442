import { guestClusters } from '../core/guest/guestTable.js';
import { mixedClusters } from '../core/guest/mixedClusters.js';
import { createCurve, type Curve } from '../core/picture/curve.js';
import type { MixedCells } from '../protocol/navigation.js';
import type { Query } from '../protocol/questions.js';
import { BLOCK_EDGE } from '../protocol/limits.js';
import type { MappableImage } from '../core/qcow2/image.js';

const CELLS = BLOCK_EDGE * BLOCK_EDGE;

/** See MixedCells. Throws on I/O errors. */
export function mixedCells(image: MappableImage, { curve, x, y }: Query<'cells'>): MixedCells {
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
    const cluster = curve.cluster(
      x * BLOCK_EDGE + (cell % BLOCK_EDGE),
      y * BLOCK_EDGE + Math.floor(cell / BLOCK_EDGE),
    );
    if (cluster !== undefined) packed.push(cluster * CELLS + cell);
  }
  return Float64Array.from(packed).sort();
}
