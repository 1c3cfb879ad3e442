import { bytes, type GuestOffset } from '../units.js';
import type { RepairChange } from './changes.js';

/** Changes side by side that are alike, as one. */
export interface ChangeRow extends RepairChange {
  /** How many changes it stands for. */
  readonly count: number;
  /** Of several L2 entries: where on the guest's disk the last one is. */
  readonly guestEnd?: GuestOffset | undefined;
}

/** The changes as rows: refcounts of neighbours that become the same are one, flags that turn alike too. */
export function changeRows(changes: readonly RepairChange[]): ChangeRow[] {
  const rows: ChangeRow[] = [];
  for (const change of changes) {
    const last = rows.at(-1);
    if (last && goesOn(last, change)) {
      const length = bytes(change.offset + change.length - last.offset);
      const { guestOffset: guestEnd } = change;
      rows[rows.length - 1] = { ...last, length, count: last.count + 1, guestEnd };
    } else rows.push({ ...change, count: 1 });
  }
  return rows;
}

function goesOn(last: ChangeRow, change: RepairChange): boolean {
  const { what, offset, before, after } = change;
  if (last.what !== what || last.offset + last.length !== offset) return false;
  if (what === 'refcount') return last.before === before && last.after === after;
  if (what !== 'l2-entry' || !follows(last, change)) return false;
  const turned = copiedTurned(change);
  return turned !== undefined && turned === copiedTurned(last);
}

/** Whether an entry is the next one on the guest's disk, as those of a row are. */
function follows(
  { guestOffset: first, guestEnd: last, count }: ChangeRow,
  { guestOffset: next }: RepairChange,
): boolean {
  if (first === undefined || next === undefined) return first === next;
  return last === undefined ? next > first : next - last === (last - first) / (count - 1);
}

const COPIED = 1n << 63n;

/** What COPIED becomes, if an entry changes in nothing else. */
function copiedTurned({ before, after }: RepairChange): boolean | undefined {
  if (before === undefined || after === undefined) return undefined;
  const now = BigInt(after);
  return (BigInt(before) ^ now) === COPIED ? (now & COPIED) !== 0n : undefined;
}
