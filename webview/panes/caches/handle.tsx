import type { JSX, TargetedPointerEvent } from 'preact';
import { useSignal } from '@preact/signals';
import type { ToldCache } from '../../../src/protocol/caches.js';
import { size } from '../../text/text.js';
import { CACHES, missesText } from './cacheNames.js';
import type { TriedCache } from './cachesState.js';
import { type SizeScale, shareOf, sizeAt } from './chartScale.js';

/** Doublings that a key goes. */
const STEP = 1 / 4;
const PAGE = 1;
/** Sizes are tried in whole units of this. */
const UNIT = 4096;

interface Props {
  readonly name: TriedCache;
  readonly cache: ToldCache<unknown>;
  readonly scale: SizeScale;
  readonly bytes: number;
  readonly isTried: boolean;
  readonly onTry: (bytes: number) => void;
}

/** Tries a size: drawn along the axis, or moved by keys. The size is tried when it is let go. */
export function Handle({ name, cache, scale, bytes, isTried, onTry }: Props): JSX.Element {
  const dragged = useSignal<number | undefined>(undefined);
  const shown = dragged.value ?? bytes;
  const text = `${size(shown)}, ${missesText(cache, shown)} look-ups miss`;
  const at = (event: TargetedPointerEvent<HTMLElement>): number => {
    const area = event.currentTarget.parentElement?.getBoundingClientRect();
    if (!area || area.width === 0) return bytes;
    return tidy(sizeAt(scale, (event.clientX - area.left) / area.width), cache);
  };
  return (
    <div class="handle-area">
      <div
        class={isTried || dragged.value !== undefined ? 'handle tried' : 'handle'}
        role="slider"
        tabIndex={0}
        aria-label={`Try another size for ${CACHES[name].title}`}
        aria-valuemin={Math.round(scale.least)}
        aria-valuemax={Math.round(scale.most)}
        aria-valuenow={shown}
        aria-valuetext={text}
        title={`${text}. Drag, or use the arrow keys, to try another size; Escape goes back.`}
        style={{ left: `${100 * shareOf(scale, shown)}%` }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) dragged.value = at(event);
        }}
        onLostPointerCapture={() => {
          const { value } = dragged;
          dragged.value = undefined;
          if (value !== undefined) onTry(value);
        }}
        onKeyDown={(event) => {
          const next = sizeAfter(event.key, bytes, cache);
          if (next === undefined) return;
          event.preventDefault();
          onTry(next);
        }}
      >
        <span class="handle-grip" aria-hidden="true" />
        {dragged.value !== undefined && <span class="handle-text">{size(shown)}</span>}
      </div>
    </div>
  );
}

function sizeAfter(key: string, bytes: number, cache: ToldCache<unknown>): number | undefined {
  const by = (doublings: number): number => tidy(bytes * 2 ** doublings, cache);
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.max(by(STEP), tidy(bytes + UNIT, cache));
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.min(by(-STEP), tidy(bytes - UNIT, cache));
    case 'PageUp':
      return by(PAGE);
    case 'PageDown':
      return by(-PAGE);
    case 'Home':
      return cache.curve.bytes[0];
    case 'End':
      return cache.marks.full;
    case 'Escape':
      return cache.marks.now;
    default:
      return undefined;
  }
}

/** A whole number of units, not below what the cache has at least. */
function tidy(bytes: number, { curve, marks }: ToldCache<unknown>): number {
  const least = Math.max(1, curve.bytes[0]);
  const most = Math.max(marks.full, marks.now, marks.standard);
  const unit = bytes >= 2 ** 20 ? 2 ** 16 : UNIT;
  const whole = Math.round(bytes / unit) * unit;
  return Math.min(most, Math.max(least, whole));
}
