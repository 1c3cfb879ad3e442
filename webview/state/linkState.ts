import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { View } from '../../src/core/picture/layer.js';
import type { Stretch } from '../../src/core/picture/stretch.js';
import { glyphOfKind } from '../../src/core/picture/tile.js';
import type { DataRun } from '../../src/core/picture/rangeTotals.js';
import { guestCluster, hostCluster, type HostCluster } from '../../src/core/units.js';
import type { TableRange } from '../../src/protocol/navigation.js';
import type { HoverPlace } from './hoverPlace.js';
import { RangeState, asksRange } from './rangeState.js';
import type { Rpc } from './rpc.js';

/** Milliseconds that the pointer rests on a place before it is asked about. */
const REST = 60;
const TABLE = glyphOfKind('active-l2');

/** What is linked between the two maps: stretches of clusters of each, a table apart. */
export interface Highlights {
  /** The cluster with the table that is pointed at, or selected. */
  readonly table: HostCluster | undefined;
  /** What it maps. */
  readonly mapped: readonly Stretch[];
  /** The range that is selected, or where its data lies in this view. */
  readonly selected: readonly Stretch[];
}

/** What the maps that stand side by side are to show of each other. */
export class LinkState {
  /** The table under the pointer, else the one that is selected. */
  readonly table = computed(() => this.#pointed.value ?? this.#selected.value);
  readonly mapped: RangeState;
  readonly range: RangeState;
  readonly highlights: Readonly<Record<View, ReadonlySignal<Highlights>>>;
  readonly #pointed = signal<TableRange | undefined>(undefined);
  readonly #selected = signal<TableRange | undefined>(undefined);
  readonly #rpc: Rpc;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** `range`: the one that is selected. */
  constructor(rpc: Rpc, range: RangeState) {
    this.#rpc = rpc;
    this.range = range;
    this.mapped = new RangeState(asksRange(rpc));
    this.highlights = { host: this.#highlights('host'), guest: this.#highlights('guest') };
    effect(() => {
      const table = this.table.value;
      this.mapped.choose(table && { view: 'guest', ...table.guest });
    });
  }

  reset(): void {
    this.#pointed.value = undefined;
    this.#selected.value = undefined;
    this.mapped.refresh();
  }

  /** The pointer or the cursor is at a place of either map; undefined: at none. */
  point(place: HoverPlace | undefined): void {
    clearTimeout(this.#rest);
    this.#turn++;
    const shown = this.#pointed.peek();
    if (!place || !mayHaveTable(place)) {
      this.#pointed.value = undefined;
      return;
    }
    const { picture, cluster, clusters } = place;
    const isShown =
      picture.view === 'host'
        ? shown?.table === cluster
        : shown !== undefined &&
          shown.guest.first <= cluster &&
          cluster + clusters <= shown.guest.end;
    if (isShown) return;
    this.#pointed.value = undefined;
    this.#rest = setTimeout(() => void this.#load(place), REST);
  }

  /** A table is selected in the file; undefined: none is. */
  async select(cluster: HostCluster | undefined): Promise<void> {
    if (this.#selected.peek()?.table !== cluster) this.#selected.value = undefined;
    if (cluster === undefined) return;
    const found = await this.#rpc.ask('tableRange', { of: 'host', cluster }).catch(() => undefined);
    this.#selected.value = found;
  }

  async #load({ picture, cluster, clusters }: HoverPlace): Promise<void> {
    const turn = this.#turn;
    const query =
      picture.view === 'host'
        ? ({ of: 'host', cluster: hostCluster(cluster) } as const)
        : ({ of: 'guest', cluster: guestCluster(cluster) } as const);
    const found = await this.#rpc.ask('tableRange', query).catch(() => undefined);
    if (turn !== this.#turn || !found) return;
    // A cell that stands for what several tables map is about none of them.
    if (picture.view === 'guest' && cluster + clusters > found.guest.end) return;
    this.#pointed.value = found;
  }

  #highlights(view: View): ReadonlySignal<Highlights> {
    return computed(() => {
      const table = this.table.value;
      const range = this.range.range.value;
      return {
        table: view === 'host' ? table?.table : undefined,
        mapped: view === 'guest' ? (table ? [table.guest] : []) : stretchesOf(this.mapped, view),
        selected: range?.view === view ? [range] : stretchesOf(this.range, view),
      };
    });
  }
}

/** A cell of the guest's disk may be within what a table maps; one of the file may be a table. */
function mayHaveTable({ picture, clusters, values }: HoverPlace): boolean {
  if (picture.view === 'guest') return true;
  return clusters === 1 && (picture.layer !== 'kinds' || values.includes(TABLE));
}

/** Where runs are of which the totals are known. */
export function runsOf(state: RangeState): readonly DataRun[] {
  const answer = state.answer.value;
  return answer?.state === 'known' ? answer.totals.runs : [];
}

/** The same as stretches of a view. */
function stretchesOf(state: RangeState, view: View): Stretch[] {
  return runsOf(state).map(({ guest, clusters, host, hostClusters }) =>
    view === 'guest'
      ? { first: guest, end: guest + clusters }
      : { first: host, end: host + hostClusters },
  );
}
