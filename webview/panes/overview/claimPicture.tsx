import type { JSX } from 'preact';
import type { ClaimEnd, ClaimPicture } from '../../../src/core/check/causes/cause.js';
import { KIND_TEXT } from '../../../src/core/map/kinds.js';
import { kindVariable } from '../../heatmap/palette.js';
import type { Store } from '../../state/store.js';
import { clean } from '../../../src/core/text.js';
import { hex } from '../../../src/core/bytes.js';
import { count, size } from '../../text/text.js';

interface Props {
  readonly picture: ClaimPicture;
  readonly store: Store;
}

/** Who claims what, as two boxes that point to a third. */
export function ClaimBoxes({ picture: { cluster, left, right }, store }: Props): JSX.Element {
  return (
    <div class="claim" role="group" aria-label="Who claims the cluster">
      <Box end={left} />
      <Arrow />
      <div class="claim-box hit">
        <b>cluster {count(cluster)}</b>
        <span class="mono">{hex(cluster * store.clusterSize)}</span>
      </div>
      <Arrow back />
      <Box end={right} />
    </div>
  );
}

/** The same in one line. */
export function ClaimLine({ picture: { cluster, left, right } }: Props): JSX.Element {
  return (
    <span class="claim-line">
      <LineEnd end={left} />
      <Arrow />
      <span>cluster {count(cluster)}</span>
      <Arrow back />
      <LineEnd end={right} />
    </span>
  );
}

function Box({ end }: { readonly end: ClaimEnd }): JSX.Element {
  const { kind, text, guest } = end;
  const details = [guest && size(guest.length), KIND_TEXT[kind]].filter(Boolean).join(' · ');
  return (
    <div class="claim-box" style={{ '--kind': `var(${kindVariable(kind)})` }}>
      <b class={guest ? 'mono' : undefined}>{clean(text)}</b>
      {details !== clean(text) && <span>{details}</span>}
    </div>
  );
}

const LineEnd = ({ end: { kind, text } }: { readonly end: ClaimEnd }): JSX.Element => (
  <span class="claim-end">
    <span class="swatch" style={{ background: `var(${kindVariable(kind)})` }} />
    <span>{clean(text)}</span>
  </span>
);

const Arrow = ({ back = false }: { readonly back?: boolean }): JSX.Element => (
  <svg class="claim-arrow" viewBox="0 0 26 10" role="img" aria-label={back ? 'and' : 'claims'}>
    <path d={back ? 'M25 5H2M6.5 1.5L1.5 5l5 3.5' : 'M1 5h23M19.5 1.5L24.5 5l-5 3.5'} />
  </svg>
);
