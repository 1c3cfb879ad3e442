import type { JSX } from 'preact';
import type { HostOffset } from '../../src/core/units.js';
import type { Store } from '../state/store.js';
import { IconButton } from './icon.js';

interface CopyProps {
  readonly store: Store;
  readonly text: string;
  readonly label: string;
}

/** Copies what stands beside it. */
export const CopyButton = ({ store, text, label }: CopyProps): JSX.Element => (
  <IconButton
    icon="copy"
    label={label}
    onClick={() => {
      store.actions.copy(text);
    }}
  />
);

interface HexProps {
  readonly store: Store;
  readonly offset: HostOffset;
}

/** Opens the file at a host offset in the hex editor. */
export const HexButton = ({ store, offset }: HexProps): JSX.Element => (
  <IconButton
    icon="file-binary"
    label="Open here in the hex editor"
    onClick={() => {
      store.actions.openHex(offset);
    }}
  />
);
