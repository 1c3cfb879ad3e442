import { effect, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Store } from '../state/store.js';
import { StripInput } from '../strip/stripInput.js';
import { describeRow, speakPosition } from '../strip/stripText.js';
import { StripView } from '../strip/stripView.js';

/** The whole file or disk from top to bottom, and where one is in it. */
export function Strip({ store }: { readonly store: Store }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  const [parts, setParts] = useState<{ view: StripView; input: StripInput }>();
  const hovered = useSignal<number | undefined>(undefined);
  useEffect(() => {
    if (!root.current) return undefined;
    const view = new StripView(root.current, store);
    const input = new StripInput(store, view);
    const element = root.current;
    const onWheel = (event: WheelEvent): void => {
      input.wheel(event);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    setParts({ view, input });
    const stopTelling = effect(() => {
      tellPosition(element, store, input);
    });
    return () => {
      stopTelling();
      element.removeEventListener('wheel', onWheel);
      view.dispose();
    };
  }, [store]);
  const heightOf = (event: PointerEvent): number =>
    event.clientY - (root.current?.getBoundingClientRect().top ?? 0);
  const go = (event: PointerEvent): void => {
    const cluster = parts?.view.clusterAt(heightOf(event));
    if (cluster !== undefined) parts?.input.goTo(cluster);
  };
  return (
    <aside class="strip-frame" aria-label="Strip">
      <div
        ref={root}
        class="strip"
        role="slider"
        tabIndex={0}
        aria-label="Place in the file"
        aria-orientation="vertical"
        aria-valuemin={0}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => {
          hovered.value = heightOf(event);
          if (event.currentTarget.hasPointerCapture(event.pointerId)) go(event);
        }}
        onPointerLeave={() => {
          hovered.value = undefined;
        }}
        onKeyDown={(event) => {
          if (parts?.input.key(event)) event.preventDefault();
        }}
      />
      {parts && hovered.value !== undefined && (
        <StripTooltip store={store} view={parts.view} y={hovered.value} />
      )}
    </aside>
  );
}

/** Attributes change with the camera, in every frame: no component is rendered for that. */
function tellPosition(element: HTMLElement, store: Store, input: StripInput): void {
  const clusters = store.clusters.value;
  if (clusters === 0) return;
  const { position, inView } = input;
  const { view } = store.pictures.shown.value;
  element.setAttribute('aria-label', view === 'host' ? 'Place in the file' : 'Place on the disk');
  const text = speakPosition(view, position, inView, clusters, store.clusterSize);
  element.setAttribute('aria-valuemax', String(clusters - 1));
  element.setAttribute('aria-valuenow', String(position));
  element.setAttribute('aria-valuetext', text);
}

interface TooltipProps {
  readonly store: Store;
  readonly view: StripView;
  readonly y: number;
}

function StripTooltip({ store, view, y }: TooltipProps): JSX.Element | null {
  const row = view.rowAt(y);
  if (!row) return null;
  const picture = store.pictures.shown.value;
  const lines = describeRow(row, view.glyphAt(y), {
    picture,
    names: store.pictures.names.value,
    windows: picture.view === 'host' ? store.windows.value : undefined,
    clusterSize: store.clusterSize,
  });
  return (
    <div class="strip-tooltip" style={{ transform: `translateY(${Math.round(y)}px)` }}>
      <div class="tooltip-text">
        {lines.map((line) => (
          <div key={line}>{line}</div>
        ))}
      </div>
    </div>
  );
}
