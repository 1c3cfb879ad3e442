import type { Geometry } from '../qcow2/geometry.js';
import type { Finding } from './finding.js';
import type { L2Place } from './tablePlace.js';
import type { SnapshotName } from '../map/owner.js';
import { guestOffset } from '../units.js';

/** A finding about an L2 table's entry, as another L1 entry that points to the table has it. */
export function placedAt(finding: Finding, place: L2Place, { clusterSize }: Geometry): Finding {
  const { owner } = finding;
  if (owner?.type !== 'l2-entry') return finding;
  const { l1Index, guestOffset: start, of } = place;
  const inTable = owner.l2Index * clusterSize;
  return {
    ...finding,
    owner: { ...owner, l1Index, guestOffset: guestOffset(start + inTable), ...of },
  };
}

/** A finding below a snapshot's L1 table, as another snapshot with the same table has it. */
export function ofSnapshot(finding: Finding, snapshot: SnapshotName): Finding {
  const { owner } = finding;
  if (!owner || !('snapshot' in owner)) return finding;
  return { ...finding, owner: { ...owner, snapshot } };
}
