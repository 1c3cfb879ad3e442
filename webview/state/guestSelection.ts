import { signal } from '@preact/signals';
import type { ClusterDetail } from '../../src/core/inspect/inspection.js';
import type { GuestClusterDetail } from '../../src/core/guest/clusterDetail.js';
import { messageOf } from '../../src/core/text.js';
import { clusterOf, type GuestCluster, type HostCluster } from '../../src/core/units.js';

export type GuestDetail =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly cluster: GuestCluster }
  | { readonly state: 'known'; readonly detail: GuestClusterDetail }
  | { readonly state: 'failed'; readonly cluster: GuestCluster; readonly error: string };

/**
 * The guest's side of the selection: the guest cluster that was picked, or those that lie in the
 * host cluster that was.
 */
export class GuestSelection {
  /** Clusters that are marked on the guest's disk, in ascending order. */
  readonly clusters = signal<readonly GuestCluster[]>([]);
  readonly detail = signal<GuestDetail>({ state: 'none' });
  readonly #ask: (cluster: GuestCluster) => Promise<GuestClusterDetail>;

  constructor(ask: (cluster: GuestCluster) => Promise<GuestClusterDetail>) {
    this.#ask = ask;
  }

  /** The guest cluster that was picked. */
  get picked(): GuestCluster | undefined {
    const detail = this.detail.value;
    switch (detail.state) {
      case 'none':
        return undefined;
      case 'known':
        return detail.detail.cluster;
      default:
        return detail.cluster;
    }
  }

  clear(): void {
    this.clusters.value = [];
    this.detail.value = { state: 'none' };
  }

  /** Picks a cluster; brings back the first host cluster that holds it, if it is still wanted. */
  async pick(
    cluster: GuestCluster,
  ): Promise<{ readonly host: HostCluster | undefined } | undefined> {
    if (this.picked !== cluster) this.detail.value = { state: 'loading', cluster };
    this.clusters.value = [cluster];
    const next = await this.#ask(cluster).then(
      (detail): GuestDetail => ({ state: 'known', detail }),
      (error: unknown): GuestDetail => ({ state: 'failed', cluster, error: messageOf(error) }),
    );
    if (this.picked !== cluster) return undefined;
    this.detail.value = next;
    return { host: next.state === 'known' ? next.detail.hostClusters.at(0) : undefined };
  }

  /** Marks what lies in the host cluster selected, unless a guest cluster was picked. */
  follow({ owners }: ClusterDetail, sizes: { readonly clusterSize: number }): void {
    if (this.detail.value.state !== 'none') return;
    const guests = owners.flatMap((owner) =>
      owner.type === 'l2-entry' && !owner.snapshot && owner.kind !== 'vm-state'
        ? [clusterOf(owner.guestOffset, sizes)]
        : [],
    );
    this.clusters.value = [...new Set(guests)].sort((a, b) => a - b);
  }
}
