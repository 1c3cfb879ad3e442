import { jsonText } from '../core/jsonText.js';
import { type Shell, shellWord } from '../core/shell.js';
import { describeOwner, type Owner } from '../core/map/owner.js';
import type { ClusterDetail } from '../core/inspect/inspection.js';
import type { ImageFacts } from '../core/qcow2/facts.js';
import { clean } from '../core/text.js';
import { hex } from '../core/bytes.js';
import type { GuestOffset } from '../core/units.js';
import { countText } from '../core/numbers.js';

/** A cluster with everybody who refers to it, one a line. */
export function ownersText({ cluster, offset, owners, more }: ClusterDetail): string {
  const lines = owners.map((owner) => `- ${clean(describeOwner(owner))}${entryText(owner)}`);
  if (lines.length === 0) lines.push('- nothing refers to it');
  if (more) lines.push('- and more');
  return [`cluster ${countText(cluster)} (host offset ${hex(offset)})`, ...lines].join('\n');
}

function entryText(owner: Owner): string {
  if (!('entryOffset' in owner)) return '';
  const value = 'entry' in owner ? ` = ${owner.entry}` : '';
  return `, entry at ${hex(owner.entryOffset)}${value}`;
}

/** Where the guest, or a snapshot, finds the cluster; each offset once. */
export function guestOffsets({ owners }: ClusterDetail): GuestOffset[] {
  const offsets = owners.filter((owner) => owner.type === 'l2-entry').map((o) => o.guestOffset);
  return [...new Set(offsets)].sort((a, b) => a - b);
}

export const cellJson = (detail: ClusterDetail): string => jsonText(detail);

/**
 * A command that prints the bytes of a cluster: through the guest's eyes where the guest sees it,
 * else from the file as it is.
 */
export function readCommand(
  { offset, owners }: ClusterDetail,
  { fileSize, geometry }: ImageFacts,
  path: string,
  shell: Shell,
): string {
  const clusterSize = 2 ** (geometry?.clusterBits ?? 9);
  const virtualSize = geometry?.virtualSize ?? 0;
  const file = shellWord(path, shell);
  const guest = owners.find(
    (owner) => owner.type === 'l2-entry' && !owner.snapshot && owner.guestOffset < virtualSize,
  );
  // The key of an encrypted disk is not ours to ask for.
  if (guest?.type === 'l2-entry' && geometry?.encryption === 'none') {
    const { guestOffset } = guest;
    const length = Math.min(clusterSize, virtualSize - guestOffset);
    return `qemu-io -r -f qcow2 -c ${shellWord(`read -v ${hex(guestOffset)} ${length}`, shell)} ${file}`;
  }
  const length = Math.min(clusterSize, fileSize - offset);
  return `qemu-io -r -f raw -c ${shellWord(`read -v ${hex(offset)} ${length}`, shell)} ${file}`;
}
