import type { JSX } from 'preact';
import { hex } from '../../src/core/bytes.js';
import type { ChangeRow } from '../../src/core/repair/changeRows.js';
import type { ChangeKind } from '../../src/core/repair/changes.js';
import { clean } from '../../src/core/text.js';
import type { Store } from '../state/store.js';
import { count, plural, size } from '../text/text.js';
import { OffsetLink } from './offsetLink.js';

const WHAT: Readonly<Record<ChangeKind, string>> = {
  'header-field': 'header',
  'l1-entry': 'L1 entry',
  'l2-entry': 'L2 entry',
  refcount: 'refcount of cluster',
  'refcount-block': 'refcount block',
  'refcount-table': 'refcount table',
  'snapshot-table': 'snapshot table',
  'bitmap-directory': 'bitmap directory',
  'bitmap-table': 'bitmap table',
  'bitmap-data': 'bitmap data',
  freed: 'given free',
  'file-length': 'file length',
};

interface Changes {
  readonly changes: readonly ChangeRow[];
  readonly totals: readonly (readonly [ChangeKind, number])[];
}

/** All changes but for clusters that are given free. */
export const changesIn = ({ totals }: Changes): number =>
  totals.reduce((sum, [what, number]) => sum + (what === 'freed' ? 0 : number), 0);

/** What a repair changes, in QEMU's order, each with its place. */
export function RepairRows(props: Changes & { readonly store: Store }): JSX.Element {
  const { changes, store } = props;
  const all = changesIn(props);
  const told = changes.reduce((sum, row) => sum + (row.what === 'freed' ? 0 : row.count), 0);
  return (
    <>
      {changes.length > 0 && (
        <div class="repair-rows" tabIndex={0} role="region" aria-label="List of changes">
          <table>
            <thead class="for-readers">
              <tr>
                <th>What</th>
                <th>Where</th>
                <th>Before</th>
                <th>After</th>
                <th>On the disk</th>
              </tr>
            </thead>
            <tbody>
              {changes.map((row) => (
                <Row key={`${row.what}${row.offset}${row.after ?? ''}`} row={row} store={store} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {told < all && <p class="dim">and {plural(all - told, 'more change', 'more changes')}</p>}
    </>
  );
}

function Row({ row, store }: { readonly row: ChangeRow; readonly store: Store }): JSX.Element {
  const { offset, before, after, guestOffset } = row;
  return (
    <tr>
      <td>{whatText(row)}</td>
      <td>
        <OffsetLink store={store} offset={offset} />
      </td>
      <td class="mono change-before">{before === undefined ? '' : clean(before)}</td>
      <td class="mono">{after === undefined ? '' : `→ ${clean(after)}`}</td>
      <td class="dim">{guestOffset === undefined ? '' : `guest ${hex(guestOffset)}`}</td>
    </tr>
  );
}

function whatText({ what, index, count: number, field, length }: ChangeRow): string {
  if (what === 'header-field') return `header, ${field ?? ''}`;
  if (what === 'refcount' && index !== undefined && number > 1)
    return `refcounts of ${count(index)} – ${count(index + number - 1)}`;
  if (what === 'freed') return `given free, ${size(length)}`;
  return index === undefined ? WHAT[what] : `${WHAT[what]} ${count(index)}`;
}
