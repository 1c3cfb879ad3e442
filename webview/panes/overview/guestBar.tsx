import type { JSX } from 'preact';

/** What a stretch of a guest's disk is, as a bar shows it. */
export type BarState = 'lost' | 'doubt' | 'gone' | 'changed' | 'readable';

export interface BarPart {
  /** Bytes. */
  readonly start: number;
  readonly length: number;
  readonly state: BarState;
}

interface Props {
  readonly size: number;
  readonly parts: readonly BarPart[];
  readonly text: string;
}

/** Percent of a bar that is still seen. */
const LEAST = 0.8;
/** No more parts are drawn one by one. */
const PARTS = 200;

/** A guest's disk from its start to its end: green, but for what is not fine. */
export function GuestBar({ size, parts, text }: Props): JSX.Element {
  return (
    <>
      <div class="guest-bar" aria-hidden="true">
        {parts.slice(0, PARTS).map(({ start, length, state }) => (
          <span
            key={`${state}${start}`}
            class={`bar-${state}`}
            style={{
              left: `${Math.min(100 - LEAST, (100 * start) / Math.max(1, size))}%`,
              width: `${Math.max(LEAST, (100 * length) / Math.max(1, size))}%`,
            }}
          />
        ))}
      </div>
      <span class="dim">{text}</span>
    </>
  );
}
