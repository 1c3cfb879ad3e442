import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { RunFilter, FileRun, RunOrder } from '../../../src/core/inspect/fileRuns.js';
import type { RangesPage } from '../../../src/protocol/navigation.js';
import { paneState } from '../../state/paneState.js';
import type { Query } from '../../../src/protocol/questions.js';
import { messageOf } from '../../../src/core/text.js';
import type { HostCluster } from '../../../src/core/units.js';

/** Ranges asked for at a time. */
const PAGE = 100;

/** The runs of clusters of the file, or those of a kind, as far as they have been in sight. */
export class RangeList {
  readonly filter = signal<RunFilter | undefined>(undefined);
  readonly order = signal<RunOrder>('place');
  /** Undefined until it is known. */
  readonly total = signal<number | undefined>(undefined);
  readonly failure = signal<string | undefined>(undefined);
  /** Number of the chosen range. */
  readonly chosen = signal<number | undefined>(undefined);
  /** By number of the page; an empty one has been asked for. */
  readonly #pages = signal<ReadonlyMap<number, readonly FileRun[]>>(new Map());
  readonly #ask: (query: Query<'ranges'>) => Promise<RangesPage>;
  #epoch = 0;
  /** Counts up with each choice: an answer that comes after the next one is not taken. */
  #choices = 0;

  constructor(ask: (query: Query<'ranges'>) => Promise<RangesPage>) {
    this.#ask = ask;
  }

  /** Begins anew: another image, or its scan has come to an end. */
  reset(): void {
    this.#epoch++;
    batch(() => {
      this.total.value = undefined;
      this.failure.value = undefined;
      this.chosen.value = undefined;
      this.#pages.value = new Map();
    });
  }

  setFilter(filter: RunFilter | undefined): void {
    this.filter.value = filter;
    this.reset();
  }

  setOrder(order: RunOrder): void {
    if (order === this.order.value) return;
    this.order.value = order;
    this.reset();
  }

  /** Undefined until it has been fetched. */
  range(index: number): FileRun | undefined {
    return this.#pages.value.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Asks for whatever of ranges `first` … `last - 1` is not there yet; the first page at least. */
  fetch(first: number, last: number): void {
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(last, 1); page++)
      if (!this.#pages.peek().has(page)) void this.#fetch(page);
  }

  choose(index: number): void {
    this.#choices++;
    this.chosen.value = index;
  }

  /** Chooses the range in which a cluster lies, if it is listed. */
  async chooseAt(cluster: HostCluster, clusterSize: number): Promise<void> {
    const epoch = this.#epoch;
    const choice = ++this.#choices;
    const query = {
      filter: this.filter.value,
      order: this.order.value,
      from: 0,
      count: 0,
      at: cluster,
    };
    const answer = await this.#ask(query).catch(() => undefined);
    if (epoch !== this.#epoch || answer?.position === undefined) return;
    const { position } = answer;
    if (!this.#pages.peek().has(Math.floor(position / PAGE)))
      await this.#fetch(Math.floor(position / PAGE));
    const run = this.range(position);
    if (epoch !== this.#epoch || choice !== this.#choices || !run) return;
    // With a filter the cluster may lie between two that are listed.
    const isIn = cluster * clusterSize < run.offset + run.clusters * clusterSize;
    this.chosen.value = isIn ? position : undefined;
  }

  async #fetch(page: number): Promise<void> {
    const epoch = this.#epoch;
    this.#put(page, []);
    try {
      const query = {
        filter: this.filter.value,
        order: this.order.value,
        from: page * PAGE,
        count: PAGE,
        at: undefined,
      };
      const { total, runs } = await this.#ask(query);
      if (epoch !== this.#epoch) return;
      batch(() => {
        this.total.value = total;
        this.#put(page, runs);
      });
    } catch (error) {
      if (epoch === this.#epoch) this.failure.value = messageOf(error);
    }
  }

  #put(page: number, runs: readonly FileRun[]): void {
    this.#pages.value = new Map(this.#pages.peek()).set(page, runs);
  }
}

/** The ranges of the editor's image. */
export const rangesOf = paneState((store) => {
  const list = new RangeList((query) => store.rpc.ask('ranges', query));
  const isScanned = computed(() => store.scan.value.state === 'scanned');
  effect(() => {
    if (store.facts.value || isScanned.value)
      untracked(() => {
        list.reset();
      });
  });
  return list;
});
