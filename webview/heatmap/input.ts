import type { Heatmap } from './heatmap.js';

/** Pixels of movement that make a press a drag. */
const DRAG_FROM = 4;
/** Zoom per pixel of wheel, as an exponent of e; a pinch sends much smaller deltas. */
export const WHEEL_ZOOM = 0.0022;
const PINCH_ZOOM = 0.012;
const LINE_HEIGHT = 16;
/** The most that one wheel event zooms, as an exponent of e. */
const MAX_ZOOM = 0.7;

/** Pointer and wheel over the map. Returns a function that takes the listeners off again. */
export function listenToPointer(root: HTMLElement, heatmap: Heatmap): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  let pressed: { readonly x: number; readonly y: number } | undefined;
  let last = { x: 0, y: 0 };
  let dragging = false;
  /** The press is with Shift: it selects a range. */
  let ranging = false;

  const at = (event: MouseEvent): { x: number; y: number } => {
    const { left, top } = root.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const pixels =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_HEIGHT : event.deltaY;
    const exponent = -pixels * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM);
    const { x, y } = at(event);
    heatmap.zoomBy(Math.exp(Math.min(Math.max(exponent, -MAX_ZOOM), MAX_ZOOM)), x, y);
  };

  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    heatmap.use();
    pressed = last = at(event);
    ranging = event.shiftKey;
    root.setPointerCapture(event.pointerId);
  };

  const onMove = (event: PointerEvent): void => {
    const here = at(event);
    if (pressed && !dragging) {
      dragging = Math.hypot(here.x - pressed.x, here.y - pressed.y) >= DRAG_FROM;
      root.classList.toggle('dragging', dragging && !ranging);
      if (dragging && ranging) heatmap.beginRange(pressed);
    }
    if (dragging && ranging) heatmap.extendRange(here);
    else if (dragging) heatmap.panBy(here.x - last.x, here.y - last.y);
    last = here;
    heatmap.pointAt(here);
  };

  const onUp = (event: PointerEvent): void => {
    if (pressed && !dragging && event.type === 'pointerup') {
      if (ranging) heatmap.extendRange(pressed);
      else void heatmap.selectAt(pressed);
    }
    pressed = undefined;
    dragging = false;
    root.classList.remove('dragging');
  };

  const onDoubleClick = (event: MouseEvent): void => {
    const { x, y } = at(event);
    heatmap.zoomBy(event.altKey ? 1 / 4 : 4, x, y);
  };

  root.addEventListener('wheel', onWheel, { signal, passive: false });
  root.addEventListener('pointerdown', onDown, { signal });
  root.addEventListener('pointermove', onMove, { signal });
  root.addEventListener('pointerup', onUp, { signal });
  root.addEventListener('pointercancel', onUp, { signal });
  root.addEventListener('dblclick', onDoubleClick, { signal });
  root.addEventListener(
    'contextmenu',
    (event) => {
      // With the keyboard the menu is about what is selected already.
      if (event.pointerType !== '') void heatmap.selectAt(at(event));
    },
    { signal },
  );
  const stopPointing = (): void => {
    heatmap.stopPointing();
  };
  root.addEventListener('pointerleave', stopPointing, { signal });
  // Whoever types looks elsewhere; what is asked in VS Code's own boxes lies over the map.
  window.addEventListener('keydown', stopPointing, { signal, capture: true });
  window.addEventListener('blur', stopPointing, { signal });
  return () => {
    listeners.abort();
  };
}

/** A key on the focused map; false when the map has no use for it. */
export function handleKey(event: KeyboardEvent, heatmap: Heatmap, escape: () => void): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  switch (event.key) {
    case '+':
    case '=':
      heatmap.zoomStep(1);
      return true;
    case '-':
    case '_':
      heatmap.zoomStep(-1);
      return true;
    case '0':
      heatmap.fit();
      return true;
    case 'w':
    case 'W':
      heatmap.toggleWindows();
      return true;
    case 'ArrowLeft':
      heatmap.moveCursor(-1, 0, 'cell', event.shiftKey);
      return true;
    case 'ArrowRight':
      heatmap.moveCursor(1, 0, 'cell', event.shiftKey);
      return true;
    case 'ArrowUp':
      heatmap.moveCursor(0, -1, 'cell', event.shiftKey);
      return true;
    case 'ArrowDown':
      heatmap.moveCursor(0, 1, 'cell', event.shiftKey);
      return true;
    case 'PageUp':
      heatmap.moveCursor(0, -1, 'view', event.shiftKey);
      return true;
    case 'PageDown':
      heatmap.moveCursor(0, 1, 'view', event.shiftKey);
      return true;
    case 'Home':
      heatmap.moveCursorTo('first', event.shiftKey);
      return true;
    case 'End':
      heatmap.moveCursorTo('last', event.shiftKey);
      return true;
    case 'Enter':
    case ' ':
      void heatmap.selectCursor();
      return true;
    case 'Escape':
      escape();
      return true;
    default:
      return false;
  }
}
