import type { JSX } from 'preact';
import { valuesOf } from '../../../src/core/picture/layer.js';
import type { RangeTotals } from '../../../src/core/picture/rangeTotals.js';
import { hex } from '../../../src/core/bytes.js';
import { clean } from '../../../src/core/text.js';
import { valueVariable } from '../../heatmap/palette.js';
import { shapeOf } from '../../heatmap/marks/shapes.js';
import { Icon } from '../../parts/icon.js';
import { Row } from '../../parts/row.js';
import type { ClusterRange } from '../../state/rangeState.js';
import type { Store } from '../../state/store.js';
import { valueText } from '../../text/layerText.js';
import { count, plural, size } from '../../text/text.js';

interface Props {
  readonly store: Store;
  readonly range: ClusterRange;
}

const TITLE = { host: 'Host range', guest: 'Guest range' } as const;

/** What is in the range of clusters that is selected. */
export function RangePart({ store, range }: Props): JSX.Element {
  const { clusterSize } = store;
  const { view, first, end } = range;
  const offsets = `${hex(first * clusterSize)} to ${hex(end * clusterSize - 1)}`;
  return (
    <article class="cluster held" data-view={view} data-first={first} data-end={end}>
      <h2>
        {TITLE[view]} <span class="held-size">{size((end - first) * clusterSize)}</span>
      </h2>
      <p>
        <span class="mono">{offsets}</span>
      </p>
      <div class="held-actions">
        <button
          type="button"
          class="button secondary with-icon"
          onClick={() => {
            const side = store.sides.value.find(
              ({ pictures }) => pictures.shown.value.view === view,
            );
            side?.map?.showRange(range);
          }}
        >
          <Icon name="zoom-in" />
          Zoom to Range
        </button>
        <button
          type="button"
          class="button secondary with-icon"
          onClick={() => {
            store.actions.copy(`${view} ${offsets}`);
          }}
        >
          <Icon name="copy" />
          Copy Offsets
        </button>
      </div>
      <Totals store={store} range={range} />
    </article>
  );
}

function Totals({ store, range }: Props): JSX.Element {
  const answer = store.range.answer.value;
  if (answer?.state === 'failed')
    return <p class="hint">It cannot be counted: {clean(answer.message)}</p>;
  if (answer?.state !== 'known')
    return (
      <p class="hint dim" aria-busy="true">
        Counting what is in {plural(range.end - range.first, 'cluster')}…
      </p>
    );
  return (
    <>
      <Kinds store={store} range={range} totals={answer.totals} />
      <Places store={store} range={range} totals={answer.totals} />
    </>
  );
}

interface TotalsProps extends Props {
  readonly totals: RangeTotals;
}

/** Clusters and bytes by kind, the sum last. */
function Kinds({ store, range: { view }, totals }: TotalsProps): JSX.Element {
  const picture = { view, layer: 'kinds' } as const;
  const backingFile = store.geometry.value?.backingFile;
  const names = view === 'guest' && backingFile !== undefined ? [backingFile] : [];
  const all = totals.counts.reduce((sum, each) => sum + each, 0);
  const rows = valuesOf(picture)
    .map((_, value) => ({ value, clusters: totals.counts[value] }))
    .filter(({ clusters }) => clusters > 0)
    .sort((a, b) => b.clusters - a.clusters);
  const colour = (value: number): string => `var(${valueVariable(picture, value)})`;
  return (
    <>
      <h3 class="section-title">What is in it</h3>
      <div class="held-bar" aria-hidden="true">
        {rows.map(({ value, clusters }) => (
          <span key={value} style={{ background: colour(value), flexGrow: clusters }} />
        ))}
      </div>
      <table class="held-kinds">
        <thead>
          <tr>
            <th scope="col">kind</th>
            <th scope="col">clusters</th>
            <th scope="col">bytes</th>
            <th scope="col">share</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, clusters }) => (
            <tr key={value} data-kind={valuesOf(picture)[value]}>
              <th scope="row">
                <span
                  class={`swatch ${shapeOf(picture, value)}`}
                  style={{ '--value': colour(value) }}
                />
                {valueText(picture, value, names)}
              </th>
              <td>{count(clusters)}</td>
              <td>{size(clusters * store.clusterSize)}</td>
              <td>{share(clusters, all)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">in all</th>
            <td>{count(all)}</td>
            <td>{size(all * store.clusterSize)}</td>
            <td>100 %</td>
          </tr>
        </tfoot>
      </table>
    </>
  );
}

/** Less than the last digit shows is no nothing. */
function share(clusters: number, all: number): string {
  const percent = (100 * clusters) / all;
  if (percent < 0.1) return '< 0.1 %';
  // Nor is almost all of it all.
  return `${percent < 100 ? Math.min(percent, 99.9).toFixed(1) : '100'} %`;
}

/** Where the data of the disk lies in the file; of a range of the file, what the disk has there. */
function Places({ store, range: { view }, totals }: TotalsProps): JSX.Element {
  const { runCount, longest, backwards, guestClusters, hostClusters } = totals;
  const bytes = (clusters: number): string => size(clusters * store.clusterSize);
  return (
    <>
      <h3 class="section-title">
        {view === 'guest' ? 'Where it lies on the host' : 'What the disk has there'}
      </h3>
      {runCount === 0 ? (
        <p class="dim">
          {view === 'guest' ? 'Nothing of it lies in this file.' : 'Nothing of the active disk.'}
        </p>
      ) : (
        <dl>
          <Row name={view === 'guest' ? 'Host bytes' : 'Guest bytes'}>
            {bytes(view === 'guest' ? hostClusters : guestClusters)}
          </Row>
          <Row name="Runs">{count(runCount)}</Row>
          <Row name="Longest run">{bytes(longest)}</Row>
          <Row name="Jumps backwards">{count(backwards)}</Row>
        </dl>
      )}
    </>
  );
}
