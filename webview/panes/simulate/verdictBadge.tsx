import type { JSX } from 'preact';
import type { VerdictLook } from './simulationText.js';
import { Icon } from '../../parts/icon.js';

/** A verdict as an icon and a few words, so that nothing hangs on its colour. */
export const VerdictBadge = ({ look }: { readonly look: VerdictLook }): JSX.Element => (
  <span class={`verdict ${look.gravity}`}>
    <Icon name={look.icon} />
    <span>{look.text}</span>
  </span>
);
