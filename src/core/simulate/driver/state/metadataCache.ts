import { hashHex } from '../../../bytes.js';
import { NumberIndex } from '../../../numberIndex.js';
import type { TypeSet } from '../../../overlap/types.js';
import { failureOf, ProcessAbort, RequestError } from '../../copy/failure.js';
import type { HostFile } from '../../guard/hostFile.js';
import type { CacheName } from '../../copy/outcome.js';
import { bytesPart, type Part, ZEROS } from '../../copy/overlay.js';
import type { Recorder } from '../../copy/recorder.js';
import type { Signal } from '../../copy/signal.js';
import { CacheEntry } from './cacheEntry.js';
import { CacheOrder } from './cacheOrder.js';

/** What a cache has done since the image was opened. */
export interface CacheTally {
  lookUps: number;
  misses: number;
  /** Tables that had to go for another one. */
  evictions: number;
  /** Tables written, whatever for. */
  writeBacks: number;
  /** Of these, tables that had to go. */
  evictionWriteBacks: number;
  /** Tables forgotten because their cluster was freed. */
  discards: number;
}

/** Hears of all look-ups in order, and of the order in which tables were given back: by number. */
export interface CacheTrail {
  /** A name of a table that may be given with its look-ups, so that it need not be looked for. */
  idOf?(table: number): number;
  /** So many look-ups of one table, one after the other. */
  lookedUp(table: number, count: number, id?: number): void;
  givenBack(table: number): void;
}

const LABEL: Readonly<Record<CacheName, string>> = {
  l2: 'L2 table',
  refcount: 'refcount block',
};
const WRITTEN = { l2: 'L2 slice', refcount: 'refcount block' } as const;

/** One of QEMU's two metadata caches (block/qcow2-cache.c). Failures are RequestError. */
export class MetadataCache {
  readonly name: CacheName;
  readonly tableBytes: number;
  readonly slots: number;
  readonly #own: TypeSet;
  readonly #file: HostFile;
  readonly #signal: Signal;
  readonly #recorder: Recorder;
  readonly tally: CacheTally = {
    lookUps: 0,
    misses: 0,
    evictions: 0,
    writeBacks: 0,
    evictionWriteBacks: 0,
    discards: 0,
  };
  trail: CacheTrail | undefined;
  readonly #order: CacheOrder;
  /** All that were ever made, and the place of the one that holds the table of a number. */
  readonly #entries: CacheEntry[] = [];
  readonly #byNumber = new NumberIndex();
  readonly #dirty = new Set<CacheEntry>();
  #uses = 0;
  /** Only to be written when this one has been. */
  #dependsOn: MetadataCache | undefined;

  /** @param own the type that write-backs ignore */
  constructor(
    name: CacheName,
    slots: number,
    tableBytes: number,
    own: TypeSet,
    file: HostFile,
    signal: Signal,
    recorder: Recorder,
  ) {
    this.name = name;
    this.slots = slots;
    this.#order = new CacheOrder(slots);
    this.tableBytes = tableBytes;
    this.#own = own;
    this.#file = file;
    this.#signal = signal;
    this.#recorder = recorder;
  }

  /** The table at `offset`, to be given back with `put`; read from the file if need be. */
  get(offset: number): CacheEntry {
    return this.#get(offset, true);
  }

  /** A slot for the table at `offset`, whose contents the caller will set. */
  getEmpty(offset: number): CacheEntry {
    return this.#get(offset, false);
  }

  put(entry: CacheEntry): void {
    entry.references--;
    if (entry.references > 0) return;
    this.#givenBack(entry);
    this.trail?.givenBack(entry.number);
  }

  /** `get` and `put`, `count` times over, of a table that was just given back. */
  usedAgain(entry: CacheEntry, count: number): void {
    if (count === 0) return;
    this.#recorder.lookUp(this.name, entry.offset, true, count);
    this.useKnown(entry, count, undefined);
  }

  /**
   * `get` and `put`, `count` times over, of the table of a number, whose contents the caller knows:
   * it is read only if somebody looks. The recorder does not hear of it.
   */
  use(number: number, count: number, id: number | undefined): CacheEntry {
    const cached = this.#cached(number);
    const offset = number * this.tableBytes;
    const entry = cached ?? this.#replace(offset);
    if (!cached) {
      this.tally.misses++;
      this.#settle(entry, offset);
      entry.leaveUnread();
    }
    this.useKnown(entry, count, id);
    return entry;
  }

  /** The same of a table that is cached. */
  useKnown(entry: CacheEntry, count: number, id: number | undefined): void {
    this.tally.lookUps += count;
    this.#givenBack(entry);
    this.trail?.lookedUp(entry.number, count, id);
  }

  /** The table at `offset`, if it is cached. */
  find(offset: number): CacheEntry | undefined {
    return this.#cached(offset / this.tableBytes);
  }

  /** Forgets a table without writing it. */
  discard(entry: CacheEntry): void {
    if (entry.references > 0)
      throw new ProcessAbort(
        "qcow2_cache_discard: Assertion `c->entries[i].ref == 0' failed: a cluster is freed that is a table in use",
      );
    this.#byNumber.delete(entry.number);
    entry.offset = 0;
    entry.number = -1;
    entry.lastUse = 0;
    this.tally.discards++;
    this.#order.reopen(entry);
    this.#clean(entry);
  }

  /** Forgets all tables once what is dirty is written; a failure is dropped, and nothing is forgotten (qcow2_cache_empty). */
  empty(): void {
    const errno = failureOf(() => {
      this.write();
    });
    if (errno !== undefined) return;
    for (const entry of this.#entries) if (entry.number >= 0) this.discard(entry);
    this.#uses = 0;
  }

  /** Bytes of tables in memory: only what somebody has looked at. */
  get held(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.held, 0);
  }

  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /**
   * This cache may be written only after `other`. QEMU drops the failure of a write that this takes,
   * and with it the dependency (qcow2_cache_set_dependency).
   */
  dependOn(other: MetadataCache): void {
    failureOf(() => {
      if (other.#dependsOn) other.#flushDependency(other.#dependsOn);
      if (this.#dependsOn && this.#dependsOn !== other) this.#flushDependency(this.#dependsOn);
      this.#dependsOn = other;
    });
  }

  /** The table differs from the file now. */
  markDirty(entry: CacheEntry): void {
    entry.dirty = true;
    this.#dirty.add(entry);
  }

  /** Writes all dirty tables; goes on after a failure, which comes at the end. */
  write(): void {
    let failure: RequestError | undefined;
    for (const entry of [...this.#dirty].sort((a, b) => a.slot - b.slot)) {
      const errno = failureOf(() => {
        this.#writeBack(entry);
      });
      if (errno !== undefined) failure = new RequestError(errno);
    }
    if (failure) throw failure;
  }

  #get(offset: number, read: boolean): CacheEntry {
    if (offset === 0)
      throw new ProcessAbort(
        `qcow2_cache_do_get: Assertion \`offset != 0' failed: QEMU looks for a ${LABEL[this.name]} at offset 0`,
      );
    if (offset % this.tableBytes !== 0) {
      this.#signal.fatal(
        `Cannot get entry from ${LABEL[this.name]} cache: Offset ${hashHex(offset)} is unaligned`,
      );
      throw new RequestError('EIO');
    }
    const cached = this.#cached(offset / this.tableBytes);
    this.#recorder.lookUp(this.name, offset, cached !== undefined, 1);
    this.tally.lookUps++;
    if (!cached) this.tally.misses++;
    this.trail?.lookedUp(offset / this.tableBytes, 1);
    const entry = cached ?? this.#load(offset, read);
    if (read) entry.fetch();
    else entry.willBeFilled();
    entry.references++;
    return entry;
  }

  #load(offset: number, read: boolean): CacheEntry {
    const entry = this.#replace(offset);
    if (read)
      try {
        this.#file.read(entry.bytes, offset);
      } catch (error) {
        if (entry.lastUse === 0) this.#order.reopen(entry);
        throw error;
      }
    this.#settle(entry, offset);
    return entry;
  }

  /** Empties the slot that the table is to have. */
  #replace(offset: number): CacheEntry {
    const entry = this.#victim(offset);
    if (entry.offset !== 0) {
      this.tally.evictions++;
      if (entry.dirty) this.tally.evictionWriteBacks++;
    }
    this.#writeBack(entry);
    if (entry.number >= 0) this.#byNumber.delete(entry.number);
    entry.offset = 0;
    entry.number = -1;
    entry.willBeFilled();
    return entry;
  }

  #settle(entry: CacheEntry, offset: number): void {
    entry.offset = offset;
    entry.number = offset / this.tableBytes;
    this.#byNumber.set(entry.number, entry.index);
  }

  #cached(number: number): CacheEntry | undefined {
    const index = this.#byNumber.get(number);
    return index < 0 ? undefined : this.#entries[index];
  }

  #givenBack(entry: CacheEntry): void {
    entry.lastUse = ++this.#uses;
    this.#order.moveToEnd(entry);
  }

  /** The slot to be replaced: it is empty, or nobody uses it and it was used longest ago. */
  #victim(offset: number): CacheEntry {
    const empty = this.#order.takeEmpty(firstSlot(offset / this.tableBytes, this.slots));
    if (typeof empty === 'number') {
      const entry = new CacheEntry(empty, this.#entries.length, this.tableBytes, this.#read);
      this.#entries.push(entry);
      return entry;
    }
    const victim = empty ?? this.#order.oldestFree();
    if (!victim) throw new ProcessAbort(`every slot of the ${LABEL[this.name]} cache is in use`);
    return victim;
  }

  readonly #read = (target: Uint8Array, offset: number): void => {
    this.#file.read(target, offset);
  };

  #writeBack(entry: CacheEntry): void {
    if (!entry.dirty || entry.offset === 0) return;
    this.tally.writeBacks++;
    if (this.#dependsOn) this.#flushDependency(this.#dependsOn);
    this.#file.writeChecked(WRITTEN[this.name], this.#own, entry.offset, tableParts(entry.bytes));
    this.#clean(entry);
  }

  #clean(entry: CacheEntry): void {
    entry.dirty = false;
    this.#dirty.delete(entry);
  }

  #flushDependency(other: MetadataCache): void {
    other.write();
    this.#dependsOn = undefined;
  }
}

/** Where the search for a table starts: (index · 4) mod slots, exact for any index. */
function firstSlot(index: number, slots: number): number {
  return ((index % slots) * 4) % slots;
}

/** Bytes of a table that are kept or left out together. */
const GRAIN = 512;

/** A table's bytes at this time. Of most new ones little is set: what is not takes no memory. */
function tableParts(bytes: Uint8Array): readonly Part[] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const isEmpty = (grain: number): boolean => {
    const end = Math.min(words.length, ((grain + 1) * GRAIN) / 4);
    for (let at = (grain * GRAIN) / 4; at < end; at++) if (words[at] !== 0) return false;
    return true;
  };
  const parts: Part[] = [];
  const grains = Math.ceil(bytes.length / GRAIN);
  for (let from = 0; from < grains;) {
    const empty = isEmpty(from);
    let to = from + 1;
    while (to < grains && isEmpty(to) === empty) to++;
    const piece = bytes.subarray(from * GRAIN, to * GRAIN);
    parts.push(empty ? { length: piece.length, content: ZEROS } : bytesPart(piece.slice()));
    from = to;
  }
  return parts;
}
