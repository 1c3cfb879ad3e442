import type { JSX } from 'preact';
import { KINDS, type KindName } from '../../../src/core/map/kinds.js';
import type { RunFilter } from '../../../src/core/inspect/fileRuns.js';
import type { Store } from '../../state/store.js';
import { rangesOf } from './rangeList.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { count, plural, TROUBLE_TEXT } from '../../text/text.js';
import type { ScanSummary } from '../../../src/core/inspect/inspection.js';

interface Choice {
  readonly filter: RunFilter;
  readonly text: string;
  readonly clusters: number;
}

/** Which ranges are listed, and how many they are. */
export function RangeFilter({ store }: { readonly store: Store }): JSX.Element {
  const list = rangesOf(store);
  const scan = store.scan.value;
  const choices = scan.state === 'scanned' ? choicesOf(scan.summary) : [];
  const chosen = choices.findIndex(
    ({ filter }) => JSON.stringify(filter) === JSON.stringify(list.filter.value),
  );
  const total = list.total.value;
  return (
    <div class="range-filter">
      <select
        class="dropdown"
        aria-label="Which ranges are listed"
        value={String(chosen)}
        disabled={choices.length === 0}
        onChange={({ currentTarget }) => {
          list.setFilter(choices.at(Number(currentTarget.value))?.filter);
        }}
      >
        <option value="-1">All kinds</option>
        {choices.map(({ filter, text, clusters }, index) => (
          <option key={text} value={String(index)}>
            {text}
            {filter.type !== 'wrong' && ` (${count(clusters)})`}
          </option>
        ))}
      </select>
      <span class="dim" role="status">
        {total === undefined ? '' : plural(total, 'range')}
      </span>
    </div>
  );
}

/** What there is of in the image. */
function choicesOf({ clusters, claimedTwice, findingsByCode }: ScanSummary): Choice[] {
  const names: readonly KindName[] = [...KINDS, 'unallocated'];
  const kinds = names.map((kind) => ({
    filter: { type: 'kind', kind } as const,
    text: KIND_TEXT[kind],
    clusters: clusters[kind],
  }));
  const troubles = [
    {
      filter: { type: 'wrong' } as const,
      text: 'only what is wrong',
      clusters: Math.max(
        claimedTwice,
        findingsByCode['refcount-too-low'] ?? 0,
        findingsByCode.leak ?? 0,
      ),
    },
    { filter: { type: 'claimed-twice' } as const, text: TROUBLE_TEXT[3], clusters: claimedTwice },
    {
      filter: { type: 'too-low' } as const,
      text: TROUBLE_TEXT[2],
      clusters: findingsByCode['refcount-too-low'] ?? 0,
    },
    {
      filter: { type: 'leak' } as const,
      text: TROUBLE_TEXT[1],
      clusters: findingsByCode.leak ?? 0,
    },
  ];
  return [...troubles, ...kinds].filter((choice) => choice.clusters > 0);
}
