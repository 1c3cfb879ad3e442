import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { KINDS } from '../../../src/core/map/kinds.js';
import { lowestType, typeNames } from '../../../src/core/overlap/types.js';
import type { OpenedWindow } from '../../../src/protocol/overlap.js';
import { kindVariable, pack, over, parseColour } from '../../heatmap/palette.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { hex } from '../../../src/core/bytes.js';

/** Cells of a row, and rows: 4096 in all. */
const SIDE = 64;
/** How much of its colour a cell keeps while a fragment that it is not of is pointed at. */
const DIMMED = 0.3;

interface Props {
  readonly opened: OpenedWindow;
  /** The fragment whose cells stand out. */
  readonly pointed: Signal<number | undefined>;
  readonly clusterSize: number;
}

/** A window's 4096 type bytes, row after row; a cluster of several types has the colour of the lowest. */
export function WindowPicture({ opened, pointed, clusterSize }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const under = useSignal<number | undefined>(undefined);
  const fragment = pointed.value === undefined ? undefined : opened.fragments[pointed.value];
  useEffect(() => {
    const draw = (): void => {
      if (canvas.current) paint(canvas.current, opened, fragment);
    };
    draw();
    // Another theme has other colours.
    const observer = new MutationObserver(draw);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    return () => {
      observer.disconnect();
    };
  }, [opened, fragment]);
  const at = (event: PointerEvent): number => {
    const x = Math.min(
      SIDE - 1,
      Math.floor((event.offsetX * SIDE) / (canvas.current?.clientWidth ?? SIDE)),
    );
    const y = Math.min(
      SIDE - 1,
      Math.floor((event.offsetY * SIDE) / (canvas.current?.clientHeight ?? SIDE)),
    );
    return Math.max(0, y * SIDE + x);
  };
  const cell = under.value;
  return (
    <div class="window-picture">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={`The types of the ${SIDE * SIDE} clusters of window ${opened.window}`}
        onPointerMove={(event) => {
          const cluster = at(event);
          under.value = cluster;
          const index = opened.fragments.findIndex(
            ({ start, clusters }) => cluster >= start && cluster < start + clusters,
          );
          pointed.value = index < 0 ? undefined : index;
        }}
        onPointerLeave={() => {
          under.value = undefined;
          pointed.value = undefined;
        }}
      />
      <p class="dim picture-status">
        {cell === undefined
          ? 'One cell a cluster, row after row'
          : `${cell}: ${typesText(opened.bytes, cell)}, ${hex(opened.start + cell * clusterSize)}`}
      </p>
    </div>
  );
}

function typesText(runs: readonly number[], cell: number): string {
  let end = 0;
  for (let i = 0; i < runs.length; i += 2) {
    end += runs[i + 1];
    if (cell < end)
      return (
        typeNames(runs[i])
          .map((type) => KIND_TEXT[type])
          .join(', ') || 'not guarded'
      );
  }
  return 'not guarded';
}

function paint(
  canvas: HTMLCanvasElement,
  { bytes }: OpenedWindow,
  fragment: OpenedWindow['fragments'][number] | undefined,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  const read = (variable: string): string => style.getPropertyValue(variable);
  const background = parseColour(read('--vscode-qcow2-unallocated'));
  const image = context.createImageData(SIDE, SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  let cell = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    const types = bytes[i];
    const kind = KINDS[31 - Math.clz32(lowestType(types))];
    const colour = types === 0 ? background : parseColour(read(kindVariable(kind)));
    const full = pack(over(colour, background));
    const dim = pack(over({ ...colour, alpha: colour.alpha * DIMMED }, background));
    for (const end = cell + bytes[i + 1]; cell < end; cell++) {
      const isIn =
        !fragment || (cell >= fragment.start && cell < fragment.start + fragment.clusters);
      pixels[cell] = isIn ? full : dim;
    }
  }
  context.putImageData(image, 0, 0);
}
