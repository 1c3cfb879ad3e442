import { bytes } from '../units.js';
import type { RepairChange } from './changes.js';

/** Changes side by side that are alike, as one. */
export interface ChangeRow extends RepairChange {
  /** How many changes it stands for. */
  readonly count: number;
}

/** The changes as rows: refcounts of neighbours that become the same are one, and so on. */
export function changeRows(changes: readonly RepairChange[]): ChangeRow[] {
  const rows: ChangeRow[] = [];
  for (const change of changes) {
    const last = rows.at(-1);
    if (last && goesOn(last, change)) {
      const length = bytes(change.offset + change.length - last.offset);
      rows[rows.length - 1] = { ...last, length, count: last.count + 1 };
    } else rows.push({ ...change, count: 1 });
  }
  return rows;
}

const goesOn = (last: ChangeRow, { what, offset, before, after }: RepairChange): boolean =>
  what === 'refcount' &&
  last.what === what &&
  last.offset + last.length === offset &&
  last.before === before &&
  last.after === after;
