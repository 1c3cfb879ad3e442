import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CacheOptions } from '../../../src/core/simulate/copy/cacheOptions.js';
import type { CachesAnswer, CachesDocument } from '../../../src/protocol/caches.js';
import type { CachesQuery, Workload } from '../../../src/protocol/questions.js';
import type { CacheMode, OverlapOptions } from '../../../src/protocol/shapes.js';
import { paneState } from '../../state/paneState.js';
import { Poll } from '../../state/poll.js';
import type { Store } from '../../state/store.js';
import { type KeptLab, readLab } from './keptLab.js';

/** Milliseconds between two questions about a lab that runs. */
const PATIENCE = 60;

/** What is shown before anybody has chosen: something of everything, and soon done on any image. */
const FIRST: Workload = {
  kind: 'pattern',
  text: 'database:ops=10K,block=8K,reads=70,size=64G,seed=1',
};

export type TriedCache = 'l2' | 'refcount' | 'windows';
/** Sizes that the handles have been moved to, in bytes. */
export type Trial = Readonly<Partial<Record<TriedCache, number>>>;

/** What is compared. */
interface Queries {
  readonly first: CachesQuery;
  /** The same at other sizes, or another workload. */
  readonly second: CachesQuery | undefined;
}

/** A workload on the image: at the sizes that are set, and at those that are tried, or another one. */
class CachesState {
  readonly workload: Signal<Workload>;
  /** What the first one is compared with. */
  readonly other: Signal<Workload | undefined>;
  readonly cache: Signal<CacheMode>;
  readonly trial = signal<Trial>({});
  /** The last ones that were complete. */
  readonly first = signal<CachesDocument | undefined>(undefined);
  readonly second = signal<CachesDocument | undefined>(undefined);
  /** The one that is on its way, or why there is none. */
  readonly answer = signal<CachesAnswer | undefined>(undefined);
  /** The user has had enough. */
  readonly isStopped = signal(false);
  readonly #store: Store;
  readonly #poll = new Poll();
  readonly #queries: ReadonlySignal<Queries | undefined>;
  /** What was asked last. */
  #asked: string | undefined;

  constructor(store: Store) {
    this.#store = store;
    const kept = readLab(store.lab.peek());
    this.workload = signal(kept.workload ?? FIRST);
    this.other = signal(kept.other);
    this.cache = signal(kept.cache);
    this.#queries = computed(() => {
      const caches = store.simulation.caches.value;
      const overlap = store.overlap.options.value;
      if (!caches || !overlap) return undefined;
      const cache = this.cache.value;
      const base = { caches, overlap, cache };
      const first = { ...base, workload: this.workload.value, onMap: true };
      const other = this.other.value;
      if (other) return { first, second: { ...base, workload: other, onMap: false } };
      const tried = this.#tried(caches, overlap);
      return { first, second: tried && { ...first, ...tried, onMap: false } };
    });
  }

  /** Asks whenever something else is to be known, from now on. */
  begin(): void {
    const key = computed(() => JSON.stringify(this.#queries.value));
    const isOpen = computed(() => {
      const { open, tab } = this.#store.pane.value;
      return open && tab === 'caches';
    });
    effect(() => {
      const isReady = this.#store.scan.value.state === 'scanned';
      if (!isReady) {
        this.#reset();
        this.#asked = undefined;
      }
      if (!isReady || !isOpen.value || this.isStopped.value || this.#asked === key.value) return;
      const queries = this.#queries.peek();
      if (!queries) return;
      this.#asked = key.value;
      void this.#load(queries);
    });
    effect(() => {
      const lab: KeptLab = {
        workload: this.workload.value,
        other: this.other.value,
        cache: this.cache.value,
      };
      this.#store.lab.value = lab;
    });
    effect(() => {
      const chosen = this.#store.workloadFile.value;
      if (!chosen) return;
      const { file, isSecond } = chosen;
      const workload = { kind: 'file', file, format: undefined, volume: undefined } as const;
      if (isSecond === true) this.compare(workload);
      else this.choose(workload);
    });
  }

  choose(workload: Workload): void {
    batch(() => {
      this.workload.value = workload;
      this.trial.value = {};
      this.first.value = this.second.value = undefined;
      this.isStopped.value = false;
    });
  }

  compare(other: Workload | undefined): void {
    batch(() => {
      this.other.value = other;
      this.second.value = undefined;
      this.isStopped.value = false;
    });
  }

  /** Tries another size of a cache; undefined: none. */
  try(cache: TriedCache, bytes: number | undefined): void {
    const { [cache]: before, ...others } = this.trial.value;
    if (before === bytes) return;
    batch(() => {
      this.trial.value = bytes === undefined ? others : { ...others, [cache]: bytes };
      this.other.value = undefined;
      if (Object.keys(this.trial.value).length === 0) this.second.value = undefined;
    });
  }

  keepSizes(): void {
    batch(() => {
      this.trial.value = {};
      this.second.value = undefined;
    });
  }

  cancel(): void {
    this.#poll.drop();
    batch(() => {
      this.#asked = undefined;
      this.isStopped.value = true;
      this.answer.value = undefined;
    });
    void this.#store.rpc.ask('stopCaches', {}).catch(() => undefined);
  }

  /** The settings that are tried, with what is set beside them; undefined when none is. */
  settingsOf(trial: Trial): Pick<CachesQuery, 'caches' | 'overlap'> | undefined {
    const caches = this.#store.simulation.caches.peek();
    const overlap = this.#store.overlap.options.peek();
    return caches && overlap && this.#settings(trial, caches, overlap);
  }

  #tried(caches: CacheOptions, overlap: OverlapOptions) {
    const trial = this.trial.value;
    return Object.keys(trial).length === 0 ? undefined : this.#settings(trial, caches, overlap);
  }

  #settings(
    { l2, refcount, windows }: Trial,
    caches: CacheOptions,
    overlap: OverlapOptions,
  ): Pick<CachesQuery, 'caches' | 'overlap'> {
    const now = this.first.peek();
    const size = (
      tried: number | undefined,
      set: string,
      otherwise: number | undefined,
    ): string => {
      if (tried !== undefined) return String(tried);
      // QEMU divides cache-size between both: what one of them has now is told apart from it.
      return set === '' && caches.cacheSize !== '' ? String(otherwise ?? '') : set;
    };
    const isCacheTried = l2 !== undefined || refcount !== undefined;
    return {
      caches: isCacheTried
        ? {
            ...caches,
            cacheSize: '',
            l2CacheSize: size(l2, caches.l2CacheSize, now?.l2.marks.now),
            refcountCacheSize: size(refcount, caches.refcountCacheSize, now?.refcount.marks.now),
          }
        : caches,
      overlap: windows === undefined ? overlap : { ...overlap, bitmapSize: String(windows) },
    };
  }

  #reset(): void {
    this.#poll.drop();
    batch(() => {
      this.first.value = this.second.value = undefined;
      this.answer.value = undefined;
      this.trial.value = {};
    });
  }

  async #load({ first, second }: Queries): Promise<void> {
    const { rpc } = this.#store;
    await this.#poll.run(
      async (turn) => {
        await turn.until(
          () => rpc.ask('stopCaches', {}),
          () => true,
        );
        const one = (
          query: CachesQuery,
          known: (document: CachesDocument) => void,
        ): Promise<void> =>
          turn.until(
            () => rpc.ask('caches', query),
            (answer) => {
              batch(() => {
                this.answer.value = answer;
                if (answer.state === 'known') known(answer);
              });
              return answer.state !== 'computing';
            },
            PATIENCE,
          );
        await one(first, (document) => {
          this.first.value = document;
          this.#store.heated();
        });
        if (second && this.answer.peek()?.state === 'known')
          await one(second, (document) => {
            this.second.value = document;
          });
      },
      (message) => (this.answer.value = { state: 'failed', message }),
    );
  }
}

export type { CachesState };

export const cachesOf = paneState((store: Store) => {
  const state = new CachesState(store);
  state.begin();
  return state;
});
