import type { JSX } from 'preact';
import { KINDS } from '../../../src/core/map/kinds.js';
import type { OverlapWindow } from '../../../src/protocol/overlap.js';
import { kindVariable } from '../../heatmap/palette.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';

/** The kinds in a window as colours, and those of which something is lost as gaps. */
export function KindSwatches({ row }: { readonly row: OverlapWindow }): JSX.Element {
  const held = KINDS.filter((kind) => row.types.includes(kind));
  const lost = KINDS.filter((kind) => row.lost.includes(kind));
  const text = [
    ...held.map((kind) => KIND_TEXT[kind]),
    ...lost.map((kind) => `lost: ${KIND_TEXT[kind]}`),
  ].join(', ');
  return (
    <span class="kind-swatches" role="img" aria-label={text || 'nothing'} title={text}>
      {held.map((kind) => (
        <span key={kind} class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
      ))}
      {lost.map((kind) => (
        <span
          key={`lost ${kind}`}
          class="swatch lost"
          style={{ borderColor: `var(${kindVariable(kind)})` }}
        />
      ))}
    </span>
  );
}
