import { ownersOf } from '../../inspect/findOwners.js';
import { kindOfOwner, type Owner } from '../../map/owner.js';
import type { Scan } from '../scan.js';
import type { ClaimPicture } from './cause.js';
import type { PairGroup } from './troubledCells.js';
import { claimEnd } from './words.js';
import { hostCluster, ifKnown } from '../../units.js';

/** Owners looked at to draw two of them. */
const MAX_OWNERS = 64;

/** Two owners of the first cluster of a pair of kinds, as a picture. */
export function pictureOf(scan: Scan, pair: PairGroup): ClaimPicture | undefined {
  const cluster = ifKnown(pair.clusters.first, hostCluster);
  if (cluster === undefined) return undefined;
  const [kind, other] = pair.kinds;
  const owners: Owner[] = [];
  for (const owner of ownersOf(scan, cluster)) if (owners.push(owner) === MAX_OWNERS) break;
  const right = owners.find((owner) => kindOfOwner(owner) === kind);
  const left =
    owners.find(
      (owner) => owner !== right && kindOfOwner(owner) === other && !isSamePlace(owner, right),
    ) ?? owners.find((owner) => owner !== right && kindOfOwner(owner) === other);
  if (!left || !right) return undefined;
  const { geometry } = scan.image;
  return {
    cluster,
    left: claimEnd(left, other, geometry),
    right: claimEnd(right, kind, geometry),
  };
}

/** The disk and a snapshot may share one place rightly. */
const isSamePlace = (one: Owner, other: Owner | undefined): boolean =>
  one.type === 'l2-entry' && other?.type === 'l2-entry' && one.guestOffset === other.guestOffset;
