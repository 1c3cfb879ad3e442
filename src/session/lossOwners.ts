import type { Owner } from '../core/map/owner.js';
import { findOwners } from '../core/inspect/findOwners.js';
import type { Scan } from '../core/check/scan.js';
import type { SimulatedOperation } from '../core/simulate/copy/operation.js';
import type { Cell, Row } from '../core/simulate/verdict/verdictTable.js';
import type { Work } from '../core/work.js';
import type { ClusterOwners } from '../protocol/simulation.js';
import { hostCluster, type HostCluster } from '../core/units.js';

/** Clusters whose owners are told, in all, and of each place; and owners of each cluster. */
const MAX_OWNED = 64;
const MAX_OF_PLACE = 16;
const MAX_OF_CLUSTER = 8;

/** Owners of the clusters where something is lost, each cluster once; but for who writes there. */
export function* lossOwners(
  scan: Scan,
  rows: readonly Row[],
  operation: SimulatedOperation,
): Work<ClusterOwners[]> {
  const { clusterSize } = scan.image.geometry;
  const cells = rows.flatMap(({ today, structures }) => [today, structures]);
  const clusters = lostClusters(cells, clusterSize);
  if (clusters.size === 0) return [];
  const all = yield* findOwners(scan, clusters);
  return Array.from(all, ([cluster, { owners }]) => ({
    cluster,
    owners: victimsOf(owners, operation, clusterSize).slice(0, MAX_OF_CLUSTER),
  }));
}

function lostClusters(cells: readonly (Cell | undefined)[], clusterSize: number): Set<HostCluster> {
  const clusters = new Set<HostCluster>();
  const places = cells.flatMap((cell) => [
    ...(cell?.destroyed?.places ?? []),
    ...(cell?.overwritten?.places ?? []),
  ]);
  for (const { offset, size } of places) {
    const first = Math.floor(offset / clusterSize);
    const last = Math.ceil((offset + size) / clusterSize) - 1;
    for (let cluster = first; cluster <= last; cluster++)
      if (clusters.size < MAX_OWNED && cluster < first + MAX_OF_PLACE)
        clusters.add(hostCluster(cluster));
      else break;
  }
  return clusters;
}

/** Owners of a cluster but for the operation itself, unless it meets nobody but itself there. */
function victimsOf(
  owners: readonly Owner[],
  operation: SimulatedOperation,
  clusterSize: number,
): readonly Owner[] {
  if (!('offset' in operation) || operation.type === 'host-write') return owners;
  const { offset, length } = operation;
  const others = owners.filter(
    (owner) =>
      owner.type !== 'l2-entry' ||
      owner.snapshot !== undefined ||
      owner.guestOffset + clusterSize <= offset ||
      owner.guestOffset >= offset + length,
  );
  return others.length === 0 && owners.length > 1 ? owners : others;
}
