import type { JSX } from 'preact';
import { hex } from '../../src/core/bytes.js';
import type { ChangeRow } from '../../src/core/repair/changeRows.js';
import type { ChangeKind } from '../../src/core/repair/changes.js';
import { clean } from '../../src/core/text.js';
import type { Store } from '../state/store.js';
import { changeWords } from '../text/changeWords.js';
import { count, size } from '../text/text.js';
import { Icon } from './icon.js';
import { OffsetLink } from './offsetLink.js';

/** The parts of the format in which something changes, in the order of the file's tree. */
const GROUPS: readonly (readonly [name: string, kinds: readonly ChangeKind[]])[] = [
  ['Header', ['header-field', 'file-length']],
  ['L1 table', ['l1-entry']],
  ['L2 tables', ['l2-entry']],
  ['Refcount table and blocks', ['refcount-table', 'refcount-block']],
  ['Refcounts', ['refcount']],
  ['Snapshot table', ['snapshot-table']],
  ['Bitmaps', ['bitmap-directory', 'bitmap-table', 'bitmap-data']],
  ['Given free', ['freed']],
];

interface Changes {
  readonly changes: readonly ChangeRow[];
  readonly totals: readonly (readonly [ChangeKind, number])[];
}

/** All changes but for clusters that are given free. */
export const changesIn = ({ totals }: Changes): number =>
  totals.reduce((sum, [what, number]) => sum + (what === 'freed' ? 0 : number), 0);

/** What a repair changes of the format's tree: each entry with its place, what it was, and what it becomes. */
export function RepairRows(props: Changes & { readonly store: Store }): JSX.Element | null {
  const { changes, totals, store } = props;
  const groups = GROUPS.map(([name, kinds]) => ({
    name,
    total: totals.reduce((sum, [what, number]) => sum + (kinds.includes(what) ? number : 0), 0),
    rows: changes.filter(({ what }) => kinds.includes(what)),
  })).filter(({ total }) => total > 0);
  return groups.length === 0 ? null : (
    <div class="repair-groups">
      {groups.map((group, place) => (
        <Group key={group.name} {...group} store={store} isOpen={place === 0} />
      ))}
    </div>
  );
}

interface GroupProps {
  readonly name: string;
  readonly total: number;
  readonly rows: readonly ChangeRow[];
  readonly store: Store;
  readonly isOpen: boolean;
}

function Group({ name, total, rows, store, isOpen }: GroupProps): JSX.Element {
  const isFreed = rows.some(({ what }) => what === 'freed');
  const told = rows.reduce(
    (sum, row) => sum + (isFreed ? row.length / store.clusterSize : row.count),
    0,
  );
  return (
    <details open={isOpen} data-changed={name}>
      <summary>
        <Icon name="chevron-right" />
        {name} <span class="dim">{isFreed ? `${count(total)} clusters` : count(total)}</span>
      </summary>
      <div class="repair-rows" tabIndex={0} role="region" aria-label={`Changes: ${name}`}>
        <table>
          <thead class="for-readers">
            <tr>
              <th>What</th>
              <th>Where</th>
              <th>From</th>
              <th>To</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Row key={index} row={row} store={store} />
            ))}
          </tbody>
        </table>
      </div>
      {told < total && <p class="dim">and {count(total - told)} more</p>}
    </details>
  );
}

function Row({ row, store }: { readonly row: ChangeRow; readonly store: Store }): JSX.Element {
  const { before, after } = changeWords(row);
  return (
    <tr>
      <td>{whatText(row)}</td>
      <td>
        <OffsetLink store={store} offset={row.offset} />
      </td>
      {row.what === 'freed' ? (
        <td class="dim" colSpan={2}>
          reads as zeros where the file system makes holes
        </td>
      ) : (
        <>
          <td class="mono change-before">{clean(before)}</td>
          <td class="mono">→ {clean(after)}</td>
        </>
      )}
    </tr>
  );
}

function whatText(row: ChangeRow): string {
  const { what, index, count: number, field, length, guestOffset, guestEnd } = row;
  const first = index ?? 0;
  switch (what) {
    case 'header-field':
      return field ?? '';
    case 'file-length':
      return 'file length';
    case 'l1-entry':
      return `entry ${count(first)}`;
    case 'l2-entry':
      if (guestOffset === undefined) return "a snapshot's";
      return `guest ${hex(guestOffset)}${guestEnd === undefined ? '' : ` – ${hex(guestEnd)}`}`;
    case 'refcount':
      return number > 1
        ? `clusters ${count(first)} – ${count(first + number - 1)}`
        : `cluster ${count(first)}`;
    case 'refcount-block':
      return `block ${count(first)}`;
    case 'refcount-table':
      return 'table';
    case 'freed':
      return size(length);
    default:
      return what.replace('-', ' ');
  }
}
