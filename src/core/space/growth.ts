import type { Geometry } from '../qcow2/geometry.js';
import type { CellTotals } from './cellTotals.js';

/**
 * Bytes that the file has at most once the guest has written its whole disk: what is shared with
 * snapshots is copied, as are their tables; nothing that is free inside is counted on, though QEMU takes
 * that first.
 */
export function fullyWritten(geometry: Geometry, totals: CellTotals): number {
  const { clusterSize, l2Entries, refcountsPerBlock } = geometry;
  const disk = Math.ceil(Number(geometry.virtualSize) / clusterSize);
  const data = geometry.externalData ? 0 : disk - totals.of('data');
  const tables = Math.ceil(disk / l2Entries) - totals.ownTables;
  const used = totals.end + Math.max(0, data) + Math.max(0, tables);
  const blocks = totals.of('refcount-block');
  // Blocks and tables count themselves.
  let clusters = used;
  for (;;) {
    const blocksThen = Math.max(blocks, Math.ceil(clusters / refcountsPerBlock));
    const next =
      used + blocksThen - blocks + newTables(blocksThen, totals.of('refcount-table'), geometry);
    if (next <= clusters) return clusters * clusterSize;
    clusters = next;
  }
}

/**
 * Clusters that a refcount table takes which grows to so many blocks: each time it is written anew, half as
 * long again, from where the next block would begin to count (alloc_refcount_block, qcow2_refcount_area). What
 * lies in front of the last is free.
 */
function newTables(blocks: number, tableClusters: number, geometry: Geometry): number {
  const perCluster = geometry.clusterSize / 8;
  let clusters = 0;
  for (let table = tableClusters; table * perCluster < blocks;) {
    table = Math.ceil((1.5 * (table * perCluster + 1)) / perCluster);
    clusters += table;
  }
  return clusters === 0 ? 0 : clusters + geometry.refcountsPerBlock;
}
