import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { GUARDED, type KindName } from '../../src/core/map/kinds.js';
import { kindOfDominant } from '../../src/core/picture/tile.js';
import type { HoverPlace } from './hoverPlace.js';
import { plural } from '../text/text.js';
import type { TableReferences } from '../../src/core/inspect/referredTo.js';
import { hostCluster, type HostCluster } from '../../src/core/units.js';

/** Milliseconds that the pointer rests on a table before it is asked about. */
const REST = 60;
/** Tables remembered. */
const KEPT = 64;

/** What a table in a cluster maps. */
export interface MappedOf {
  /** The cluster with the table. */
  readonly cluster: HostCluster;
  readonly mapped: TableReferences;
}

/** Kinds that refer to other clusters. */
const TABLES: ReadonlySet<KindName> = new Set<KindName>([...GUARDED, 'bitmap-table']);

/** What the table under the pointer or the cursor maps; else what the one maps that was chosen. */
export class MappedState {
  readonly #pointed = signal<MappedOf | undefined>(undefined);
  readonly #pinned = signal<MappedOf | undefined>(undefined);
  readonly #ask: (cluster: HostCluster) => Promise<TableReferences>;
  readonly #known = new Map<HostCluster, TableReferences>();
  #rest: ReturnType<typeof setTimeout> | undefined;
  #epoch = 0;

  readonly shown: ReadonlySignal<MappedOf | undefined> = computed(
    () => this.#pointed.value ?? this.#pinned.value,
  );

  constructor(ask: (cluster: HostCluster) => Promise<TableReferences>) {
    this.#ask = ask;
  }

  /** What has been chosen to stay shown. */
  get pinned(): MappedOf | undefined {
    return this.#pinned.value;
  }

  /** Another image, or another state of its scan. */
  reset(): void {
    this.#epoch++;
    this.#known.clear();
    this.#pointed.value = undefined;
    this.#pinned.value = undefined;
  }

  /** The pointer or the cursor is at a place, or at none. */
  point(place: HoverPlace | undefined): void {
    clearTimeout(this.#rest);
    const table = place && isTable(place) ? hostCluster(place.cluster) : undefined;
    if (this.#pointed.peek()?.cluster !== table) this.#pointed.value = undefined;
    if (table === undefined || this.#pointed.peek()) return;
    const known = this.#known.get(table);
    if (known) this.#pointed.value = { cluster: table, mapped: known };
    else this.#rest = setTimeout(() => void this.#load(table), REST);
  }

  /** Keeps a table's clusters shown; undefined ends that. */
  async pin(cluster: HostCluster | undefined): Promise<MappedOf | undefined> {
    const mapped = cluster === undefined ? undefined : await this.#of(cluster);
    const isEmpty = cluster === undefined || !mapped || mapped.runs.length === 0;
    this.#pinned.value = isEmpty ? undefined : { cluster, mapped };
    return this.#pinned.value;
  }

  async #load(table: HostCluster): Promise<void> {
    const rest = this.#rest;
    const mapped = await this.#of(table).catch(() => undefined);
    if (mapped && rest === this.#rest) this.#pointed.value = { cluster: table, mapped };
  }

  async #of(cluster: HostCluster): Promise<TableReferences> {
    const known = this.#known.get(cluster);
    if (known) return known;
    const epoch = this.#epoch;
    const mapped = await this.#ask(cluster);
    if (epoch === this.#epoch) this.#known.set(cluster, mapped);
    for (const [oldest] of this.#known) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
    return mapped;
  }
}

function isTable({ picture, clusters, values }: HoverPlace): boolean {
  if (picture.view === 'guest' || picture.layer !== 'kinds' || clusters > 1) return false;
  return values.map(kindOfDominant).some((kind) => kind && TABLES.has(kind));
}

/** "refers to 8,190 clusters in 12 runs" */
export function mappedText({ clusters, runCount }: TableReferences): string {
  if (clusters === 0) return 'refers to nothing';
  const runs = runCount > 1 ? ` in ${plural(runCount, 'run')}` : '';
  return `refers to ${plural(clusters, 'cluster')}${runs}`;
}
