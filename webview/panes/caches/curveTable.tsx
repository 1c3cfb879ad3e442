import type { JSX } from 'preact';
import { hitsAt } from '../../../src/core/caches/curve.js';
import type { ToldCache } from '../../../src/protocol/caches.js';
import { Icon } from '../../parts/icon.js';
import { count, shareText, size } from '../../text/text.js';
import { CACHES } from './cacheNames.js';
import type { TriedCache } from './cachesState.js';
import type { Flag } from './chartScale.js';

interface Props {
  readonly name: TriedCache;
  readonly cache: ToldCache<unknown>;
  readonly flags: readonly Flag[];
  readonly tried: number | undefined;
}

/** The curve in numbers: at doublings, and at the sizes that are marked. */
export const CurveTable = ({ name, cache, flags, tried }: Props): JSX.Element => {
  const { curve } = cache;
  return (
    <details class="chart-table">
      <summary>
        <Icon name="chevron-right" />
        In numbers
      </summary>
      <table>
        <caption class="unseen">{CACHES[name].title}: misses by size</caption>
        <thead>
          <tr>
            <th scope="col">size</th>
            <th scope="col">misses</th>
            <th scope="col">of all</th>
            <th scope="col">what it is</th>
          </tr>
        </thead>
        <tbody>
          {tableSizes(cache, flags, tried).map((bytes) => {
            const misses = curve.lookups - hitsAt(curve, bytes);
            return (
              <tr key={bytes}>
                <th scope="row">{size(bytes)}</th>
                <td>{count(misses)}</td>
                <td>{shareText(misses, curve.lookups)}</td>
                <td>
                  {[
                    flags.find((flag) => flag.bytes === bytes)?.names.join(' = '),
                    bytes === tried && 'tried',
                  ]
                    .filter(Boolean)
                    .join(', ')}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
};

/** Doublings from the least size to the largest that changes anything, and the marks. */
function tableSizes(
  { curve, marks }: ToldCache<unknown>,
  flags: readonly Flag[],
  tried: number | undefined,
): readonly number[] {
  const sizes = new Set(flags.map(({ bytes }) => bytes));
  if (tried !== undefined) sizes.add(tried);
  const most = Math.max(marks.full, curve.bytes[curve.bytes.length - 1]);
  for (let bytes = Math.max(1, curve.bytes[0]); bytes <= most; bytes *= 2) sizes.add(bytes);
  return [...sizes].sort((a, b) => a - b);
}
