import { type Fields, wordBytes } from './fields.js';

/** What a running QEMU's own caches did, by its trace. */
export interface MeasuredCache {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly writeBacks: number;
  /** Slots that were ever used. */
  readonly slots: number;
}

export interface MeasuredCaches {
  readonly l2: MeasuredCache;
  readonly refcount: MeasuredCache;
}

const PREFIX = wordBytes('qcow2_cache_');
const GET = wordBytes('qcow2_cache_get');
const REPLACE = wordBytes('qcow2_cache_get_replace_entry');
const FLUSH = wordBytes('qcow2_cache_entry_flush');
const IS_L2 = wordBytes('is_l2_cache');
const INDEX = wordBytes('index');

/** Slots that are told apart: no cache that QEMU makes has more. */
const MAX_SLOTS = 2 ** 26;

class Tally {
  #lookups = 0;
  #misses = 0;
  #evictions = 0;
  #writeBacks = 0;
  readonly #taken = new Set<number>();

  get(): void {
    this.#lookups++;
  }

  /** A look-up missed, and a slot is given another table: one that was taken loses its own. */
  replace(slot: number): void {
    this.#misses++;
    if (this.#taken.has(slot)) this.#evictions++;
    else this.#taken.add(slot);
  }

  flush(): void {
    this.#writeBacks++;
  }

  get counts(): MeasuredCache {
    return {
      lookups: this.#lookups,
      hits: this.#lookups - this.#misses,
      misses: this.#misses,
      evictions: this.#evictions,
      writeBacks: this.#writeBacks,
      slots: this.#taken.size,
    };
  }
}

/** Counts the events `qcow2_cache_*` of a trace. They name no node: with several images they mix. */
export class CacheEvents {
  readonly #l2 = new Tally();
  readonly #refcount = new Tally();
  #events = 0;

  /** Whether a line is such an event; false for one that is cut. Undefined: it is another one. */
  line(fields: Fields): boolean | undefined {
    const { bytes, starts } = fields;
    for (let i = 0; i < PREFIX.length; i++)
      if (bytes[starts[0] + i] !== PREFIX[i]) return undefined;
    const isGet = fields.is(0, GET);
    const isReplace = !isGet && fields.is(0, REPLACE);
    if (!isGet && !isReplace && !fields.is(0, FLUSH)) return true;
    const which = fields.decimal(4);
    if (!fields.is(3, IS_L2) || (which !== 0 && which !== 1)) return false;
    const slot = isGet ? 0 : fields.decimal(6);
    if (!isGet && (!fields.is(5, INDEX) || !(slot < MAX_SLOTS))) return false;
    this.#events++;
    const tally = which === 1 ? this.#l2 : this.#refcount;
    if (isGet) tally.get();
    else if (isReplace) tally.replace(slot);
    else tally.flush();
    return true;
  }

  /** Undefined when there was no such event. */
  get measured(): MeasuredCaches | undefined {
    if (this.#events === 0) return undefined;
    return { l2: this.#l2.counts, refcount: this.#refcount.counts };
  }
}
