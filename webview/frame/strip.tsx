import { effect, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { MapSide } from '../state/mapSide.js';
import type { Store } from '../state/store.js';
import { axisOf } from '../strip/axis.js';
import { FACING_STRIP, LONE_STRIP } from '../strip/stripBars.js';
import { StripInput } from '../strip/stripInput.js';
import { describeRow, speakPosition } from '../strip/stripText.js';
import { StripView, type StripPlace } from '../strip/stripView.js';

interface Props {
  readonly store: Store;
  readonly side: MapSide;
  /** Alone, or one of two: then the file's is on the left, or above. */
  readonly stands: 'alone' | 'left' | 'right';
}

const PLACES: Readonly<Record<Props['stands'], StripPlace>> = {
  alone: { layout: LONE_STRIP, isMirrored: false },
  left: { layout: FACING_STRIP, isMirrored: true },
  right: { layout: FACING_STRIP, isMirrored: false },
};

/** CSS pixels between two offsets of the axis. */
const GAP_DOWN = 44;
const GAP_LEVEL = 84;

/** The whole file or disk from its start to its end, and where one is in it. */
export function Strip({ store, side, stands }: Props): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const [parts, setParts] = useState<{ view: StripView; input: StripInput }>();
  const hovered = useSignal<number | undefined>(undefined);
  useEffect(() => {
    if (!root.current) return undefined;
    const view = new StripView(root.current, store, side, PLACES[stands]);
    const input = new StripInput(side, view);
    const element = root.current;
    const onWheel = (event: WheelEvent): void => {
      input.wheel(event);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    setParts({ view, input });
    const stopTelling = effect(() => {
      tellPosition(element, store, side, input);
    });
    return () => {
      stopTelling();
      element.removeEventListener('wheel', onWheel);
      view.dispose();
    };
  }, [store, side, stands]);
  const isLevel = parts?.view.isLevel.value ?? false;
  const placeOf = (event: PointerEvent): number => {
    const box = root.current?.getBoundingClientRect();
    return isLevel ? event.clientX - (box?.left ?? 0) : event.clientY - (box?.top ?? 0);
  };
  const go = (event: PointerEvent): void => {
    const cluster = parts?.view.clusterAt(placeOf(event));
    if (cluster !== undefined) parts?.input.goTo(cluster);
  };
  // Room for them as long as one may show them: hiding them does not move the map.
  const windows = stands === 'alone' && store.windows.isOpen.value ? ' with-windows' : '';
  return (
    <aside
      class={`strip-frame ${stands}${windows}${store.isDrawn.value ? '' : ' blank'}`}
      aria-label={stands === 'alone' ? 'Strip' : NAME[side.pictures.shown.value.view].strip}
    >
      <div
        ref={root}
        class="strip"
        role="slider"
        tabIndex={0}
        aria-label={NAME.host.place}
        aria-orientation={isLevel ? 'horizontal' : 'vertical'}
        aria-valuemin={0}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => {
          hovered.value = placeOf(event);
          if (event.currentTarget.hasPointerCapture(event.pointerId)) go(event);
        }}
        onPointerLeave={() => {
          hovered.value = undefined;
        }}
        onKeyDown={(event) => {
          if (parts?.input.key(event)) event.preventDefault();
        }}
      />
      {parts && <Axis store={store} side={side} view={parts.view} />}
      {parts && hovered.value !== undefined && (
        <StripTooltip store={store} side={side} view={parts.view} along={hovered.value} />
      )}
    </aside>
  );
}

const NAME = {
  host: { strip: 'Strip of the file', place: 'Place in the file' },
  guest: { strip: 'Strip of the disk', place: 'Place on the disk' },
} as const;

/** Attributes change with the camera, in every frame: no component is rendered for that. */
function tellPosition(element: HTMLElement, store: Store, side: MapSide, input: StripInput): void {
  const clusters = side.clusters.value;
  if (clusters === 0) return;
  const { position, inView } = input;
  const { view } = side.pictures.shown.value;
  element.setAttribute('aria-label', NAME[view].place);
  const text = speakPosition(view, position, inView, clusters, store.clusterSize);
  element.setAttribute('aria-valuemax', String(clusters - 1));
  element.setAttribute('aria-valuenow', String(position));
  element.setAttribute('aria-valuetext', text);
}

interface ViewProps {
  readonly store: Store;
  readonly side: MapSide;
  readonly view: StripView;
}

/** Round offsets beside the strip, for the eye: the slider tells its place. */
function Axis({ store, side, view }: ViewProps): JSX.Element {
  const isLevel = view.isLevel.value;
  const bytes = side.clusters.value * store.clusterSize;
  const ticks = axisOf(bytes, view.length.value, isLevel ? GAP_LEVEL : GAP_DOWN);
  return (
    <ol class="axis" aria-hidden="true">
      {ticks.map(({ at, text }) => (
        <li key={at} style={{ [isLevel ? 'left' : 'top']: `${100 * at}%` }} data-at={at}>
          {text}
        </li>
      ))}
    </ol>
  );
}

function StripTooltip({
  store,
  side,
  view,
  along,
}: ViewProps & { readonly along: number }): JSX.Element | null {
  const row = view.rowAt(along);
  if (!row) return null;
  const picture = side.pictures.shown.value;
  const lines = describeRow(row, view.glyphAt(along), {
    picture,
    names: side.pictures.names.value,
    windows: picture.view === 'host' ? store.windows.shown.value : undefined,
    clusterSize: store.clusterSize,
  });
  const isLevel = view.isLevel.value;
  const isLate = along > view.length.value / 2;
  const at = Math.round(along);
  return (
    <div
      class={isLate ? 'strip-tooltip late' : 'strip-tooltip'}
      style={{ transform: isLevel ? `translateX(${at}px)` : `translateY(${at}px)` }}
    >
      <div class="tooltip-text">
        {lines.map((line) => (
          <div key={line}>{line}</div>
        ))}
      </div>
    </div>
  );
}
