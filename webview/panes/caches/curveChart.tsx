import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { CachesDocument, ToldCache } from '../../../src/protocol/caches.js';
import { hitsAt } from '../../../src/core/caches/curve.js';
import { count, size } from '../../text/text.js';
import { cacheIn, CACHES, missesText, ofHundred } from './cacheNames.js';
import type { CachesState, TriedCache } from './cachesState.js';
import {
  type Flag,
  flagsOf,
  isStrong,
  missesAt,
  placeLabels,
  rowsOf,
  scaleOf,
  shareOf,
  ticksOf,
} from './chartScale.js';
import { CurveTable } from './curveTable.js';
import { Handle } from './handle.js';
import { Plot, PLOT_ROOM, type PlotSeries } from './plot.js';
import { clean } from '../../../src/core/text.js';

const HEIGHT = 150;
/** Pixels of a row of labels. */
const LABEL_ROW = 14;

interface Props {
  readonly state: CachesState;
  readonly name: TriedCache;
  readonly document: CachesDocument;
  /** Another workload, whose curve is drawn beside. */
  readonly other: CachesDocument | undefined;
  /** Misses of 100 at the upper end of all three charts. */
  readonly top: number;
  /** Pixels. */
  readonly width: number;
  /** Rows of labels above each of the charts that stand side by side. */
  readonly rows: number;
}

/** How many look-ups miss at every size of a cache; the handle tries a size. */
export function CurveChart(props: Props): JSX.Element {
  const { name, document } = props;
  const { title } = CACHES[name];
  const cache = cacheIn(document, name);
  return (
    <section class="curve-card" aria-labelledby={`curve-${name}`}>
      <div class="curve-head">
        <h2 id={`curve-${name}`}>{title}</h2>
        <span class="dim">misses of 100, by size</span>
      </div>
      {cache && cache.curve.lookups > 0 ? (
        <Drawn {...props} cache={cache} />
      ) : (
        <p class="curve-none dim">
          {cache
            ? `The workload looks up no ${CACHES[name].table}: any size will do.`
            : `Not followed: ${clean(typeof document.windows === 'string' ? document.windows : '')}`}
        </p>
      )}
    </section>
  );
}

function Drawn({
  state,
  name,
  document,
  other,
  top,
  width,
  rows,
  cache,
}: Props & { readonly cache: ToldCache<unknown> }): JSX.Element {
  const pointed = useSignal<number | undefined>(undefined);
  const otherCache = other && cacheIn(other, name);
  const tried = state.trial.value[name];
  const scale = scaleOf(cache, otherCache?.curve.bytes ?? []);
  const { sizes, xs, series } = useMemo(
    () => drawn(name, document, cache, otherCache),
    [name, document, cache, otherCache],
  );
  const flags = flagsOf(cache, kneeOf(document, name));
  const inner = innerOf(width);
  const places = placeLabels(flags, scale, inner);
  const now = tried ?? cache.marks.now;
  const { curve } = cache;
  const shown = pointed.value === undefined ? undefined : sizes.at(pointed.value);
  return (
    <>
      <div class="curve-plot" style={{ '--label-rows': rows }}>
        <Flags flags={flags} places={places} scale={scale} cache={cache} top={top} />
        <Plot
          xs={xs}
          series={series}
          range={{ x: [Math.log2(scale.least), Math.log2(scale.most)], top }}
          ticks={ticksOf(scale, Math.max(2, Math.floor(inner / 62))).map(Math.log2)}
          tickText={(doublings) => size(2 ** doublings)}
          width={width}
          height={HEIGHT}
          onPoint={(index) => {
            pointed.value = index;
          }}
        />
        <Handle
          name={name}
          cache={cache}
          scale={scale}
          bytes={now}
          isTried={tried !== undefined}
          onTry={(bytes) => {
            state.try(name, bytes === cache.marks.now ? undefined : bytes);
          }}
        />
      </div>
      <p class="curve-reading">
        {shown === undefined ? (
          <>
            At {size(now)} <strong>{triedText(state, name, now) ?? missesText(cache, now)}</strong>{' '}
            miss
            {isFlat(cache) && '; more memory gains nothing'}.
          </>
        ) : (
          <>
            At {size(shown)} {missesText(cache, shown)} miss.
          </>
        )}{' '}
        <span class="dim">{count(curve.lookups)} look-ups</span>
      </p>
      {name === 'l2' && document.l2.entries.length > 1 && (
        <p class="curve-note dim">
          Dashed: entries of {size(document.l2.entries[0].bytes)} kept beyond full coverage, and of{' '}
          {size(document.l2.entries[1].bytes)} below it, which QEMU takes only if they are set.
        </p>
      )}
      {curve.doubts.map((doubt) => (
        <p key={doubt} class="curve-note dim">
          Not exact: {clean(doubt)}.
        </p>
      ))}
      <Simulated document={document} name={name} cache={cache} />
      <CurveTable name={name} cache={cache} flags={flags} tried={tried} />
    </>
  );
}

/** What the cache itself does at the sizes around the knee, where the curve may be wrong. */
function Simulated({
  document,
  name,
  cache: { curve },
}: Pick<Props, 'document' | 'name'> & {
  readonly cache: ToldCache<unknown>;
}): JSX.Element | null {
  const sizes = document.simulated.filter(({ cache }) => cache === name);
  if (sizes.length === 0) return null;
  return (
    <ul class="curve-note simulated">
      {sizes.map(({ bytes, hits, misses }) => (
        <li key={bytes}>
          Simulated at {size(bytes)}: <strong>{ofHundred(misses, hits + misses)}</strong> miss; the
          curve has {ofHundred(curve.lookups - hitsAt(curve, bytes), curve.lookups)}.
        </li>
      ))}
    </ul>
  );
}

const innerOf = (width: number): number => Math.max(40, width - PLOT_ROOM.left - PLOT_ROOM.right);

/** Rows that the labels of a cache take above a chart. */
export function labelRows(
  document: CachesDocument,
  other: CachesDocument | undefined,
  name: TriedCache,
  width: number,
): number {
  const cache = cacheIn(document, name);
  if (!cache) return 1;
  const scale = scaleOf(cache, (other && cacheIn(other, name))?.curve.bytes ?? []);
  const places = placeLabels(flagsOf(cache, kneeOf(document, name)), scale, innerOf(width));
  return rowsOf(places);
}

/** The size that is advised. */
export const kneeOf = ({ advice }: CachesDocument, name: TriedCache): number | undefined => {
  const option = (
    {
      l2: 'l2-cache-size',
      refcount: 'refcount-cache-size',
      windows: 'overlap-structures.bitmap-size',
    } as const
  )[name];
  return advice.find((one) => one.option === option && one.purpose === 'enough')?.bytes;
};

/** What came of the size that is tried, once that is known. */
function triedText(
  { second, trial }: CachesState,
  name: TriedCache,
  bytes: number,
): string | undefined {
  const cache = second.value && cacheIn(second.value, name);
  if (cache?.marks.now !== bytes || trial.value[name] !== bytes) return undefined;
  return missesText(cache, bytes);
}

const isFlat = ({ curve }: ToldCache<unknown>): boolean =>
  curve.hits.every((hits) => hits === curve.hits[0]);

/** Lines of the chart on common sizes. */
function drawn(
  name: TriedCache,
  document: CachesDocument,
  cache: ToldCache<unknown>,
  other: ToldCache<unknown> | undefined,
): {
  readonly sizes: readonly number[];
  /** Doublings: each is as wide as the others. */
  readonly xs: readonly number[];
  readonly series: readonly PlotSeries[];
} {
  const entries = name === 'l2' && document.l2.entries.length > 1 ? document.l2.entries : [];
  const curves = [
    cache.curve,
    ...entries.map(({ curve }) => curve),
    ...(other ? [other.curve] : []),
  ];
  const scale = scaleOf(cache, other?.curve.bytes ?? []);
  const sizes = [
    ...new Set([
      scale.least,
      ...curves.flatMap(({ bytes }) => bytes),
      cache.marks.full,
      scale.most,
    ]),
  ]
    .filter((bytes) => bytes >= scale.least)
    .sort((a, b) => a - b);
  const { colour } = CACHES[name];
  const line = { colour, isStepped: true } as const;
  const { full } = cache.marks;
  return {
    sizes,
    xs: sizes.map(Math.log2),
    series: [
      {
        ...line,
        values: sizes.map((bytes) => missesAt(cache.curve, bytes)),
        width: 2,
        isArea: true,
      },
      // Each where QEMU would not take it.
      ...entries.map(({ curve }, index) => ({
        ...line,
        values: sizes.map((bytes) =>
          bytes >= full === (index === 0) || bytes === full ? missesAt(curve, bytes) : null,
        ),
        width: 1,
        dash: [4, 3],
      })),
      ...(other
        ? [
            {
              ...line,
              colour: '--other',
              values: sizes.map((bytes) => missesAt(other.curve, bytes)),
              width: 1.5,
              dash: [6, 2],
            },
          ]
        : []),
    ],
  };
}

interface FlagsProps {
  readonly flags: readonly Flag[];
  readonly places: ReturnType<typeof placeLabels>;
  readonly scale: ReturnType<typeof scaleOf>;
  readonly cache: ToldCache<unknown>;
  readonly top: number;
}

/** What the sizes are that are marked, above the lines. */
const Flags = ({ flags, places, scale, cache, top }: FlagsProps): JSX.Element => (
  <div class="flags" aria-hidden="true">
    {flags.map((flag, index) => {
      const { bytes, names } = flag;
      const { left, row, lines } = places[index];
      const at = `${100 * shareOf(scale, bytes)}%`;
      return (
        <div key={bytes}>
          <span class="flag-line" style={{ left: at, top: `${(row + 0.5) * LABEL_ROW}px` }} />
          <span
            class={isStrong(flag) ? 'flag strong' : 'flag'}
            style={{ left: `${left}px`, top: `${row * LABEL_ROW}px` }}
          >
            {lines.join('\n')}
          </span>
          {names.includes('now') && (
            <span
              class="flag-ring"
              style={{ left: at, '--height': 1 - missesAt(cache.curve, bytes) / top }}
            />
          )}
        </div>
      );
    })}
  </div>
);
