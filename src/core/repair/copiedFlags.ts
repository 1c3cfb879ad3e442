import { bytes, guestOffset, hostOffset } from '../units.js';
import { hexWords, viewOf } from '../bytes.js';
import { BIT } from '../map/kinds.js';
import { COMPRESSED, COPIED, dataOffset, l2EntryKind } from '../qcow2/l2Entry.js';
import { errnoText, failureOf } from '../simulate/copy/failure.js';
import { bytesPart } from '../simulate/copy/overlay.js';
import { l2Offset } from '../simulate/driver/state/memoryTable.js';
import type { Work } from '../work.js';
import { ClusterBatch, isScattered } from './clusterBatch.js';
import { type Counts, PassFailed } from './counts.js';
import { UNKNOWN_COUNT } from './compareRefcounts.js';
import { entryText } from './l2References.js';
import { repairingOr } from './mode.js';
import type { ReferenceCounts } from './referenceCounts.js';
import type { RepairState } from './repairState.js';

/** Of a value of a batch: the cluster, without the flag. */
const CLUSTER = 0x7fffffff;

/**
 * Compares COPIED of all active entries with the refcounts, and makes it right if it may
 * (check_oflag_copied). Throws PassFailed.
 *
 * @param stored the refcounts as they are now, where they are known; undefined when some block
 * cannot be read
 */
export function* checkCopied(
  state: RepairState,
  counts: Counts,
  repairs: boolean,
  stored: ReferenceCounts | undefined,
): Work {
  const check = new CopiedCheck(state, counts, repairs, stored);
  const { l1 } = state.driver;
  const put: number[] = [];
  for (let index = 0; index < l1.end; index++) {
    if (l2Offset(l1, index) === 0) continue;
    if (check.putAside(index)) put.push(index);
    else {
      yield* tablesPutAside(check, put);
      if (check.putAside(index)) put.push(index);
      else check.table(index);
    }
    yield;
  }
  yield* tablesPutAside(check, put);
}

/** Tables that were put aside: they are looked at one by one if something is wrong in them. */
function* tablesPutAside(check: CopiedCheck, indexes: number[]): Work {
  if (indexes.length > 0 && !check.allRight())
    for (const index of indexes) {
      check.table(index);
      yield;
    }
  indexes.length = 0;
}

class CopiedCheck {
  readonly #state: RepairState;
  readonly #counts: Counts;
  readonly #repairs: boolean;
  readonly #stored: ReferenceCounts | undefined;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #clusterBits: number;
  /** Clusters that the lowest bit of an entry's upper word stands for. */
  readonly #perHigh: number;
  #batch: ClusterBatch | undefined;
  /** Something was put aside that has to be looked at. */
  #doubtful = false;

  constructor(
    state: RepairState,
    counts: Counts,
    repairs: boolean,
    stored: ReferenceCounts | undefined,
  ) {
    this.#state = state;
    this.#counts = counts;
    this.#repairs = repairs;
    this.#stored = stored;
    this.#bytes = new Uint8Array(state.driver.sizes.clusterSize);
    this.#view = viewOf(this.#bytes);
    this.#clusterBits = state.driver.sizes.clusterBits;
    this.#perHigh = 2 ** (32 - this.#clusterBits);
  }

  /** Puts a table of scattered clusters aside to be looked at with others, if that may be done. */
  putAside(index: number): boolean {
    const { driver } = this.#state;
    const { sizes, l1, file } = driver;
    const stored = this.#known();
    const offset = l2Offset(l1, index);
    const cluster = Math.floor(offset / sizes.clusterSize);
    if (!stored || sizes.extendedL2 || cluster >= stored.length) return false;
    if ((stored.get(cluster) === 1) !== ((l1.high(index) & COPIED) !== 0)) return false;
    if (this.#batch?.hasRoom(sizes.l2Entries) === false) return false;
    file.read(this.#bytes, offset);
    if (!isScattered(this.#view, sizes.l2Entries, sizes.clusterBits)) return false;
    this.#batch ??= new ClusterBatch(stored.length);
    this.#gather(this.#batch, stored.length);
    return true;
  }

  #gather(batch: ClusterBatch, clusters: number): void {
    const view = this.#view;
    for (let at = 0; at < view.byteLength; at += 8) {
      const high = view.getInt32(at);
      const low = view.getUint32(at + 4);
      if ((high | low) === 0 || (high & COMPRESSED) !== 0) continue;
      const cluster = (high & 0x00ffffff) * this.#perHigh + (low >>> this.#clusterBits);
      if (cluster === 0) continue;
      if (cluster < clusters) batch.add(high < 0 ? (cluster | COPIED) >>> 0 : cluster);
      else this.#doubtful = true;
    }
  }

  /** Whether all that was put aside is as it should be. */
  allRight(): boolean {
    const stored = this.#stored;
    const values = this.#batch?.take();
    const isDoubtful = this.#doubtful;
    this.#doubtful = false;
    if (isDoubtful || !stored || !values) return false;
    for (const value of values)
      if ((stored.get(value & CLUSTER) === 1) !== value >= COPIED) return false;
    return true;
  }

  table(index: number): void {
    const { driver } = this.#state;
    const { sizes, l1, file } = driver;
    const offset = l2Offset(l1, index);
    const refcount = this.#refcount(Math.floor(offset / sizes.clusterSize));
    // Nobody knows whether the flag is right: then the table's own entries are left out, too.
    if (refcount === undefined) return;
    if ((refcount === 1) !== ((l1.high(index) & COPIED) !== 0)) this.#l1Entry(index, refcount);
    // Past the end of the file are zeros.
    if (offset >= file.overlay.size) return;
    file.read(this.#bytes, offset);
    this.#entries(index, offset);
  }

  #l1Entry(index: number, refcount: number | bigint): void {
    const { driver, recorder, changes } = this.#state;
    const { l1, file } = driver;
    const [high, low] = [l1.high(index), l1.low(index)];
    this.#counts.corruptions++;
    recorder.tell(
      () =>
        `${repairingOr(this.#repairs, 'ERROR')} OFLAG_COPIED L2 cluster: l1_index=${index} ` +
        `l1_entry=${hexWords(high, low)} refcount=${refcount}`,
    );
    if (!this.#repairs) return;
    const newHigh = ((high & ~COPIED) | (refcount === 1 ? COPIED : 0)) >>> 0;
    l1.set(index, newHigh, low);
    const offset = l1.offset + index * 8;
    const errno = failureOf(() => {
      file.writeChecked('L1 entry', BIT.activeL1, offset, [bytesPart(l1.encode(index, 1))]);
    });
    if (errno !== undefined) {
      this.#counts.checkErrors++;
      throw new PassFailed(errno);
    }
    changes.add('l1-entry', () => ({
      offset: hostOffset(offset),
      length: bytes(8),
      index,
      before: `0x${hexWords(high, low)}`,
      after: `0x${hexWords(newHigh, low)}`,
    }));
    this.#counts.corruptions--;
    this.#counts.corruptionsFixed++;
  }

  #entries(l1Index: number, table: number): void {
    const { driver, recorder, changes } = this.#state;
    const { sizes, dataFile } = driver;
    const { l2EntrySize, l2Entries, clusterSize } = sizes;
    const view = this.#view;
    const changed: number[] = [];
    let uncounted = 0;
    const known = this.#known();
    for (let index = 0, at = 0; index < l2Entries; index++, at += l2EntrySize) {
      const high = view.getInt32(at);
      const low = view.getUint32(at + 4);
      if ((high | low) === 0) continue;
      if (known && this.#isRight(known, high, low)) continue;
      const kind = l2EntryKind(high, low, sizes);
      if (kind !== 'normal' && kind !== 'zero-allocated') continue;
      const refcount = dataFile
        ? 1
        : this.#refcount(Math.floor(dataOffset(high, low) / clusterSize));
      if (refcount === undefined || (refcount === 1) === ((high & COPIED) !== 0)) continue;
      this.#counts.corruptions++;
      // There may be one for each cluster.
      if (recorder.isFull) recorder.messagesLeftOut++;
      else this.#tellEntry(high, low, refcount);
      if (!this.#repairs) continue;
      view.setUint32(at, (high & ~COPIED) | (refcount === 1 ? COPIED : 0));
      changed.push(at);
      if (changes.isFull) uncounted++;
      else this.#changed(table, l1Index, at, high);
    }
    changes.count('l2-entry', uncounted);
    if (changed.length > 0) this.#write(table, changed);
  }

  #tellEntry(high: number, low: number, refcount: number | bigint): void {
    this.#state.recorder.tell(
      () =>
        `${repairingOr(this.#repairs, 'ERROR')} OFLAG_COPIED data cluster: ` +
        `l2_entry=${hexWords(high, low)} refcount=${refcount}`,
    );
  }

  /** An entry that had another upper word. */
  #changed(table: number, l1Index: number, at: number, high: number): void {
    const { driver, changes } = this.#state;
    const { l2EntrySize, clusterSize, tableSpan } = driver.sizes;
    const view = this.#view;
    changes.add('l2-entry', () => ({
      offset: hostOffset(table + at),
      length: bytes(l2EntrySize),
      guestOffset: guestOffset(l1Index * tableSpan + (at / l2EntrySize) * clusterSize),
      before: `0x${hexWords(high, view.getUint32(at + 4))}`,
      after: entryText(view, at, 8),
    }));
  }

  /** QEMU writes the whole table; what has not changed in it need not be kept here. */
  #write(table: number, changed: readonly number[]): void {
    const { driver, recorder, copy } = this.#state;
    const { file, sizes } = driver;
    const errno = failureOf(() => {
      file.check('L2 table', BIT.activeL2, table, sizes.clusterSize);
    });
    if (errno !== undefined) {
      recorder.message(
        `ERROR: Could not write L2 table; metadata overlap check failed: ${errnoText(errno)}`,
      );
      this.#counts.checkErrors++;
      throw new PassFailed(errno);
    }
    if (table % sizes.clusterSize === 0) {
      copy.flip(table, changed);
      file.noteWrite('L2 table', table, sizes.clusterSize);
    } else file.writeAfterCheck('L2 table', table, [bytesPart(this.#bytes.slice())]);
    file.overlay.write(table + sizes.clusterSize, []);
    this.#counts.corruptions -= changed.length;
    this.#counts.corruptionsFixed += changed.length;
  }

  /** The refcounts, if all are known and it makes no difference that QEMU looks them up. */
  #known(): ReferenceCounts | undefined {
    return this.#state.driver.dataFile ? undefined : this.#unasked();
  }

  /** Whether it is a plain entry with the right flag, as most are. */
  #isRight(known: ReferenceCounts, high: number, low: number): boolean {
    const cluster = (high & 0x00ffffff) * this.#perHigh + (low >>> this.#clusterBits);
    if (cluster === 0 || cluster >= known.length || (high & 0x40000000) !== 0) return false;
    return (known.get(cluster) === 1) === high < 0;
  }

  /** The refcount of a cluster; undefined when it cannot be read. */
  #refcount(cluster: number): number | bigint | undefined {
    const { driver } = this.#state;
    const stored = this.#unasked();
    if (stored && cluster < stored.length) {
      const count = stored.get(cluster);
      if (count < UNKNOWN_COUNT) return count;
    }
    let value: number | bigint | undefined;
    const errno = failureOf(() => {
      value = driver.refcounts.get(cluster);
    });
    return errno === undefined ? value : undefined;
  }

  /**
   * The refcounts where nobody needs to look them up in the cache: a dirty block may have to make room,
   * which QEMU writes then.
   */
  #unasked(): ReferenceCounts | undefined {
    const { driver, keepsCaches } = this.#state;
    return keepsCaches || driver.refcountCache.isDirty ? undefined : this.#stored;
  }
}
