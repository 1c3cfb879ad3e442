import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { GuestSelection } from './guestSelection.js';
import type { HostActions } from './hostActions.js';
import type { RangeState } from './rangeState.js';
import type { Rpc } from './rpc.js';
import type { Tab } from './viewState.js';
import type { ClusterDetail } from '../../src/core/inspect/inspection.js';
import type { GeometryFacts } from '../../src/core/qcow2/facts.js';
import { messageOf } from '../../src/core/text.js';
import type { GuestCluster, HostCluster } from '../../src/core/units.js';

/** What is known of the selected cluster. */
export type Detail =
  | { readonly state: 'none' }
  | { readonly state: 'loading'; readonly cluster: HostCluster }
  | { readonly state: 'known'; readonly detail: ClusterDetail }
  | { readonly state: 'failed'; readonly cluster: HostCluster; readonly error: string };

/** What one selects in. */
interface Surroundings {
  readonly geometry: ReadonlySignal<GeometryFacts | undefined>;
  readonly clusterSize: number;
  readonly guestClusters: number;
  readonly navigation: { visit(cluster: HostCluster): void };
  readonly actions: Pick<HostActions, 'tellSelected'>;
  readonly rpc: Rpc;
  /** A range of clusters takes the place of one, and one that of a range. */
  readonly range: Pick<RangeState, 'choose'>;
  reveal(cluster: HostCluster, view: 'host'): void;
  reveal(cluster: GuestCluster, view: 'guest'): void;
  showTab(tab: Tab): void;
}

/** The cluster that is selected, in the file and on the guest's disk, and what is known of it. */
export class Selection {
  readonly selected: Signal<HostCluster | undefined>;
  readonly detail = signal<Detail>({ state: 'none' });
  readonly guest: GuestSelection;
  readonly #surroundings: Surroundings;
  /** The guest cluster that was picked before the webview was hidden. */
  #keptGuest: GuestCluster | undefined;

  constructor(
    surroundings: Surroundings,
    kept: { readonly selected: HostCluster | undefined; readonly guest: GuestCluster | undefined },
  ) {
    this.#surroundings = surroundings;
    this.selected = signal(kept.selected);
    this.#keptGuest = kept.guest;
    this.guest = new GuestSelection((cluster) => surroundings.rpc.ask('guestCluster', { cluster }));
  }

  /** The guest cluster that is to survive the webview. */
  get guestToKeep(): GuestCluster | undefined {
    return this.guest.picked ?? this.#keptGuest;
  }

  /** Selects a host cluster, and with it the guest clusters that lie there. */
  select(cluster: HostCluster | undefined): void {
    if (cluster !== undefined) this.#surroundings.navigation.visit(cluster);
    this.#setSelected(cluster);
  }

  /** Selects a guest cluster, and with it the host cluster that holds it. */
  async selectGuest(cluster: GuestCluster): Promise<void> {
    this.#surroundings.range.choose(undefined);
    const found = await this.guest.pick(cluster);
    if (found) this.#selectHost(found.host);
  }

  #setSelected(cluster: HostCluster | undefined): void {
    this.#surroundings.range.choose(undefined);
    this.guest.clear();
    this.#selectHost(cluster);
  }

  #selectHost(cluster: HostCluster | undefined): void {
    this.selected.value = cluster;
    this.#surroundings.actions.tellSelected(cluster, this.guest.picked);
    if (cluster === undefined) this.detail.value = { state: 'none' };
    else void this.#loadDetail(cluster);
  }

  /** Whether the file has such a cluster. */
  has(cluster: HostCluster): boolean {
    return cluster < (this.#surroundings.geometry.value?.hostClusters ?? 0);
  }

  /** Selects a cluster, opens its pane and brings it into view; nothing where the file has none. */
  reveal(cluster: HostCluster): void {
    if (!this.has(cluster)) return;
    this.#surroundings.showTab('cluster');
    this.goTo(cluster);
  }

  /** The same beside what is being read: the pane stays as it is. */
  goTo(cluster: HostCluster): void {
    this.select(cluster);
    this.#reveal(cluster);
  }

  /** The same on the way to somewhere: it is no place to come back to. */
  stepTo(cluster: HostCluster): void {
    this.#setSelected(cluster);
    this.#reveal(cluster);
  }

  #reveal(cluster: HostCluster): void {
    this.#surroundings.reveal(cluster, 'host');
  }

  /** The same with a cluster of the guest's disk. */
  showGuest(cluster: GuestCluster): void {
    if (cluster >= this.#surroundings.guestClusters) return;
    void this.selectGuest(cluster);
    this.#surroundings.reveal(cluster, 'guest');
  }

  /** The image may have been read anew: what was selected may be gone. */
  dropSelectionOutside(): void {
    const selected = this.selected.value;
    if (selected !== undefined && !this.has(selected)) this.select(undefined);
    else this.refreshDetail();
  }

  /** Asks anew for what is shown of the selection. */
  refreshDetail(): void {
    const selected = this.selected.value;
    const guest = this.guestToKeep;
    this.#keptGuest = undefined;
    if (guest !== undefined && guest < this.#surroundings.guestClusters)
      void this.selectGuest(guest);
    else if (selected !== undefined) void this.#loadDetail(selected);
  }

  /** What is shown of the cluster stays until the answer is there, unless it is about another. */
  async #loadDetail(cluster: HostCluster): Promise<void> {
    const before = this.detail.value;
    if (before.state !== 'known' || before.detail.cluster !== cluster) {
      this.detail.value = { state: 'loading', cluster };
    }
    const next = await this.#surroundings.rpc.ask('cluster', { cluster }).then(
      (detail): Detail => ({ state: 'known', detail }),
      (error: unknown): Detail => ({ state: 'failed', cluster, error: messageOf(error) }),
    );
    if (this.selected.value !== cluster) return;
    this.detail.value = next;
    if (next.state === 'known') this.guest.follow(next.detail, this.#surroundings);
  }
}
