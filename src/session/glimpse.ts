import { claimedTwice, kindsOf, MANY, referencesOf, storedOf } from '../core/map/cell.js';
import type { ClusterMap } from '../core/map/clusterMap.js';
import { kindNames } from '../core/map/kinds.js';
import type { ClusterDetail } from '../core/inspect/inspection.js';
import type { Geometry } from '../core/qcow2/geometry.js';
import { type HostCluster, offsetOf } from '../core/units.js';

/** What the unfinished map says of a cluster; who refers to it only the whole scan can tell. */
export function glimpse(map: ClusterMap, cluster: HostCluster, sizes: Geometry): ClusterDetail {
  const cell = map.cell(cluster);
  const stored = storedOf(cell);
  return {
    cluster,
    offset: offsetOf(cluster, sizes),
    kinds: kindNames(kindsOf(cell)),
    stored: stored < MANY ? String(stored) : undefined,
    references: referencesOf(cell),
    claimedTwice: claimedTwice(cell),
    owners: [],
    more: true,
    findings: [],
  };
}
