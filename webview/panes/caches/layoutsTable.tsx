import type { JSX } from 'preact';
import type { LayoutNeed, OtherLayouts } from '../../../src/core/caches/otherLayouts.js';
import { Icon } from '../../parts/icon.js';
import { plural, size } from '../../text/text.js';
import { ofHundred } from './cacheNames.js';

export const LAYOUT_COLUMNS: readonly {
  readonly title: string;
  readonly value: (need: LayoutNeed) => string;
}[] = [
  { title: 'misses', value: ({ misses, lookups }) => ofHundred(misses, lookups) },
  { title: '99 % with', value: ({ enough }) => size(enough) },
  { title: 'all L2 tables', value: ({ full }) => size(full) },
  { title: 'all refcounts', value: ({ refcounts }) => size(refcounts) },
];

export const LAYOUTS_NOTE =
  'Computed, not simulated: as if all of the disk were allocated, with the L2 cache as it is now.';

/** `64 KiB, extended L2 (now)`. */
export const layoutName = ({ clusterSize, extendedL2, isPresent }: LayoutNeed): string =>
  `${size(clusterSize)}${extendedL2 ? ', extended L2' : ''}${isPresent ? ' (now)' : ''}`;

/** `1 bit 2 MiB, 16 bits (now) 32 MiB`. */
export const widthsText = ({ widths }: OtherLayouts): string =>
  widths
    .map(
      ({ refcountBits, isPresent, refcounts }) =>
        `${plural(refcountBits, 'bit')}${isPresent ? ' (now)' : ''} ${size(refcounts)}`,
    )
    .join(', ');

/** What the workload would need if the disk were laid out otherwise. */
export function LayoutsTable({ layouts }: { readonly layouts: OtherLayouts }): JSX.Element {
  return (
    <details class="chart-table layouts">
      <summary>
        <Icon name="chevron-right" />
        With another cluster size
      </summary>
      <p class="dim">{LAYOUTS_NOTE}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">clusters</th>
            {LAYOUT_COLUMNS.map(({ title }) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layouts.layouts.map((need) => (
            <tr key={layoutName(need)} class={need.isPresent ? 'present' : undefined}>
              <th scope="row">{layoutName(need)}</th>
              {LAYOUT_COLUMNS.map(({ title, value }) => (
                <td key={title}>{value(need)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="dim">All refcounts by their width: {widthsText(layouts)}.</p>
    </details>
  );
}
