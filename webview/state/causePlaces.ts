import type { Cause } from '../../src/core/check/causes/cause.js';
import type { HostCluster } from '../../src/core/units.js';

/** Where a cause that does harm is in the file, by the number that its card has. */
export interface CausePlace {
  readonly number: number;
  readonly cluster: HostCluster;
}

/** What does harm has a number, and a place where it has one. */
export function placesOf(causes: readonly Cause[]): CausePlace[] {
  return causes.flatMap(({ severity, clusterToShow: cluster }, place) => {
    const isHarm = severity === 'danger' || severity === 'damage';
    return isHarm && cluster !== undefined ? [{ number: place + 1, cluster }] : [];
  });
}
