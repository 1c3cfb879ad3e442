import type { JSX } from 'preact';
import { describeOwner, type Owner } from '../../src/core/map/owner.js';
import type { Store } from '../state/store.js';
import { clean } from '../../src/core/text.js';
import { hex } from '../../src/core/bytes.js';
import { clusterOf, type HostCluster } from '../../src/core/units.js';
import { CopyButton } from './offsetButtons.js';

interface Props {
  readonly owner: Owner;
  readonly store: Store;
  /** Goes to the cluster of the owner's entry. */
  readonly onEntry: (cluster: HostCluster) => void;
}

/** Who refers to a cluster, from where, for which part of the virtual disk. */
export function OwnerItem({ owner, store, onEntry }: Props): JSX.Element {
  const entryOffset = 'entryOffset' in owner ? owner.entryOffset : undefined;
  const guestOffset = 'guestOffset' in owner ? owner.guestOffset : undefined;
  return (
    <li>
      <p>{clean(describeOwner(owner))}</p>
      {entryOffset !== undefined && (
        <p class="dim">
          entry at{' '}
          <button
            type="button"
            class="link mono"
            title="Go to the cluster that this entry lies in"
            onClick={() => {
              onEntry(clusterOf(entryOffset, store));
            }}
          >
            {hex(entryOffset)}
          </button>
          {'entry' in owner && <span class="mono"> = {owner.entry}</span>}
        </p>
      )}
      {guestOffset !== undefined && (
        <p class="dim">
          guest offset{' '}
          {'snapshot' in owner && owner.snapshot ? (
            <span class="mono">{hex(guestOffset)}</span>
          ) : (
            <button
              type="button"
              class="link mono"
              title="Show on the guest disk"
              onClick={() => {
                store.selection.showGuest(clusterOf(guestOffset, store));
              }}
            >
              {hex(guestOffset)}
            </button>
          )}
          <CopyButton store={store} text={hex(guestOffset)} label="Copy the guest offset" />
        </p>
      )}
    </li>
  );
}
