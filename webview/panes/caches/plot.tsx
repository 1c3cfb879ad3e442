import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { onThemeChange } from '../../heatmap/theme.js';

/** Room around what is plotted, in pixels; the styles of what lies over it go by the same. */
export const PLOT_ROOM = { left: 34, right: 10, top: 8, bottom: 20 };

export interface PlotSeries {
  /** Numbers at each x; null where the line has a gap. */
  readonly values: readonly (number | null)[];
  /** CSS variable. */
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  /** Each value holds up to the next x. */
  readonly isStepped: boolean;
  /** Filled below. */
  readonly isArea?: boolean;
}

interface Props {
  readonly xs: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly range: { readonly x: readonly [number, number]; readonly top: number };
  readonly ticks: readonly number[];
  readonly tickText: (x: number) => string;
  readonly width: number;
  readonly height: number;
  /** Hears which x is pointed at. */
  readonly onPoint?: (index: number | undefined) => void;
}

/** Lines on a canvas: what they say is in a table beside them. */
export function Plot(props: Props): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const { current } = frame;
    if (!current) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(optionsOf(latest.current, current), dataOf(latest.current), current);
    };
    draw();
    const stopListening = onThemeChange(draw);
    return () => {
      stopListening();
      plot?.destroy();
    };
  }, [props.xs, props.series, props.range.top, props.range.x[0], props.range.x[1], props.width]);
  return (
    <div class="line-plot" ref={frame} aria-hidden="true" style={{ height: `${props.height}px` }} />
  );
}

const dataOf = ({ xs, series }: Props): uPlot.AlignedData => [
  [...xs],
  ...series.map(({ values }) => [...values]),
];

function optionsOf(props: Props, frame: HTMLElement): uPlot.Options {
  const { series, range, ticks, tickText, width, height, onPoint } = props;
  const style = getComputedStyle(frame);
  const colour = (variable: string): string => style.getPropertyValue(variable).trim();
  const ink = colour('--dim-ink') || style.color;
  const grid = { stroke: colour('--grid-ink') || ink, width: 1 };
  const font = `11px ${style.fontFamily}`;
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width,
    height,
    padding: [PLOT_ROOM.top, PLOT_ROOM.right, 0, 0],
    legend: { show: false },
    cursor: {
      show: onPoint !== undefined,
      y: false,
      points: { show: false },
      drag: { x: false, y: false },
    },
    scales: {
      x: {
        time: false,
        range: () => [...range.x],
      },
      y: { range: () => [0, range.top] },
    },
    axes: [
      {
        stroke: ink,
        font,
        size: PLOT_ROOM.bottom,
        gap: 2,
        grid: { show: false },
        ticks: { ...grid, size: 3 },
        splits: () => [...ticks],
        values: (_, splits) => splits.map(tickText),
      },
      {
        stroke: ink,
        font,
        size: PLOT_ROOM.left,
        gap: 4,
        grid,
        ticks: { show: false },
        splits: () => [0, 1, 2, 3, 4].map((quarter) => (range.top * quarter) / 4),
      },
    ],
    series: [
      {},
      ...series.map((each): uPlot.Series => ({
        stroke: colour(each.colour) || ink,
        width: each.width,
        points: { show: false },
        ...(each.dash ? { dash: [...each.dash] } : {}),
        ...(each.isStepped && stepped ? { paths: stepped } : {}),
        ...(each.isArea === true ? { fill: faded(colour(each.colour)) } : {}),
      })),
    ],
    hooks: onPoint
      ? {
          setCursor: [
            ({ cursor }) => {
              onPoint(cursor.idx ?? undefined);
            },
          ],
        }
      : {},
  };
}

/** A colour as it is below a line. */
const faded = (colour: string): string =>
  /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}26` : 'transparent';
