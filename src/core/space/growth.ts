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
  const table = totals.of('refcount-table');
  // Blocks and the table count themselves.
  let clusters = used;
  for (;;) {
    const blocksThen = Math.max(blocks, Math.ceil(clusters / refcountsPerBlock));
    const needed = Math.ceil((blocksThen * 8) / clusterSize);
    // A table that is too short is written anew, half as long again (qcow2_refcount_area).
    const newTable = needed > table ? Math.ceil((1.5 * blocksThen * 8) / clusterSize) : 0;
    const next = used + blocksThen - blocks + newTable;
    if (next <= clusters) return clusters * clusterSize;
    clusters = next;
  }
}
