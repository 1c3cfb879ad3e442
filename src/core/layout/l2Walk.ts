import { hexWords } from '../bytes.js';
import {
  COMPRESSED,
  COPIED,
  compressedSpan,
  dataOffset,
  hasReservedBits,
  l2EntryKind,
} from '../qcow2/l2Entry.js';
import type { Layout } from '../qcow2/layout.js';
import { KINDS_SHIFT, MANY, ONE_REFERENCE, REFERENCES_SHIFT } from './cell.js';
import { CHUNK, CHUNK_BITS } from './clusterMap.js';
import type { FindingCode, Severity } from './finding.js';
import type { FindingList } from './findingList.js';
import { BIT } from './kinds.js';
import type { Owner, TableOf } from './owner.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';

/** Where an L2 table hangs, and what QEMU looks at in it. */
export interface L2Place {
  readonly of: TableOf;
  readonly l1Index: number;
  /** Host offset of the table in bytes. */
  readonly offset: number;
  /** Guest offset of its first cluster in bytes. */
  readonly guestOffset: number;
  /** BIT.data, or BIT.vmState behind the disk. */
  readonly kind: number;
  /** The active L1's tables: fragmentation is counted here. */
  readonly active: boolean;
  /** COPIED flags are compared with the stored refcounts here. */
  readonly checkCopied: boolean;
}

/** No entry has been seen yet. */
const NOTHING = -1;
/** The next entry cannot continue the last one on the cluster grid. */
const OFF_GRID = -2;

/**
 * Reads L2 tables entry by entry: counts references, statistics and everything that is wrong with
 * an entry (check_refcounts_l2, check_oflag_copied).
 */
export class L2Walk {
  allocated = 0;
  fragmented = 0;
  compressed = 0;
  /** Lowest and highest host cluster that the last table walked refers to; low > high if none. */
  /** Entries of the last table walked that are not 0, and those of them that are wrong in themselves. */
  used = 0;
  faulty = 0;
  lowest = 0;
  highest = 0;

  readonly #layout: Layout;
  readonly #references: References;
  readonly #stored: StoredRefcounts;
  readonly #findings: FindingList;
  readonly #copiedFindings: FindingList;
  #expected = NOTHING;
  #plain = false;
  /** References that a cell can still count without a look at the exact count. */
  readonly #full: number;
  #expectedOffset = 0;

  constructor(
    layout: Layout,
    references: References,
    stored: StoredRefcounts,
    findings: FindingList,
    copiedFindings: FindingList,
  ) {
    this.#layout = layout;
    this.#full = Math.min(MANY - 1, references.max) << REFERENCES_SHIFT;
    this.#references = references;
    this.#stored = stored;
    this.#findings = findings;
    this.#copiedFindings = copiedFindings;
  }

  /** The last table walked held nothing but plain entries: unallocated, or clusters of the file. */
  get plain(): boolean {
    return this.#plain;
  }

  /** Walks the table whose bytes are in `view`. */
  walk(view: DataView, place: L2Place): void {
    this.#expected = NOTHING;
    this.#plain = !this.#layout.extendedL2 && !this.#layout.externalData;
    this.used = 0;
    this.faulty = 0;
    this.lowest = 0x7fffffff;
    this.highest = NOTHING;
    if (this.#layout.extendedL2 || this.#layout.externalData) this.#walkSlowly(view, place);
    else this.#walkFast(view, place);
  }

  #walkSlowly(view: DataView, place: L2Place): void {
    const { l2Entries, l2EntrySize, extendedL2 } = this.#layout;
    for (let index = 0; index < l2Entries; index++) {
      const at = index * l2EntrySize;
      const zeroes = extendedL2 ? view.getUint32(at + 8) : 0;
      const allocated = extendedL2 ? view.getUint32(at + 12) : 0;
      this.#entry(view.getUint32(at), view.getUint32(at + 4), zeroes, allocated, index, place);
    }
  }

  /**
   * Standard entries, in runs: entries that go on where the one before ends cost one look at
   * their cell each. Whatever is not a plain entry goes the exact way.
   */
  #walkFast(view: DataView, place: L2Place): void {
    const { l2Entries, clusterBits, clusterSize, hostClusters } = this.#layout;
    const lowMask = clusterSize - 1;
    const highShift = 32 - clusterBits;
    // A cluster number of 31 bits or more is in no file that can be checked. Compressed entries
    // and reserved bits are above this limit too.
    const highLimit = 2 ** (31 - highShift);
    // A local, since the engine does not fold constants of a module into a loop.
    const nothing = NOTHING;
    const bytes = l2Entries * 8;
    for (let at = 0; at < bytes;) {
      const high = view.getInt32(at);
      const low = view.getInt32(at + 4);
      const offsetHigh = high & 0x7fffffff;
      if (offsetHigh === 0 && (low & ~1) === 0) {
        // Unallocated, or zero without an offset: nothing there but perhaps COPIED, which nobody minds.
        at += 8;
        continue;
      }
      const cluster = (offsetHigh << highShift) | (low >>> clusterBits);
      if (offsetHigh >= highLimit || (low & lowMask) !== 0 || cluster >= hostClusters) {
        this.#plain = false;
        this.#entry(high >>> 0, low >>> 0, 0, 0, at >>> 3, place);
        at += 8;
        continue;
      }
      const limit = Math.min(bytes, at + (hostClusters - cluster) * 8);
      let end = at + 8;
      for (let next = (low + clusterSize) | 0; end < limit; next = (next + clusterSize) | 0) {
        if (view.getInt32(end + 4) !== next || view.getInt32(end) !== high) break;
        end += 8;
      }
      const count = (end - at) >>> 3;
      this.used += count;
      this.#countRun(cluster, count, high, low, at >>> 3, place);
      if (place.active) {
        this.allocated += count;
        if (cluster !== this.#expected && this.#expected !== nothing) this.fragmented++;
        this.#expected = cluster + count;
      }
      if (cluster < this.lowest) this.lowest = cluster;
      if (cluster + count > this.highest) this.highest = cluster + count - 1;
      at = end;
    }
  }

  /** One reference to each of `count` clusters from `first` on, by entries from `index` on. */
  #countRun(
    first: number,
    count: number,
    high: number,
    low: number,
    index: number,
    place: L2Place,
  ): void {
    const map = this.#references.map;
    const { clusterSize } = this.#layout;
    const kind = place.kind << KINDS_SHIFT;
    const one = ONE_REFERENCE;
    const field = MANY << REFERENCES_SHIFT;
    const full = this.#full;
    const checkCopied = place.checkCopied;
    const copied = high < 0;
    const end = first + count;
    for (let cluster = first; cluster < end;) {
      const cells = map.writable(cluster >>> CHUNK_BITS);
      const base = cluster & ~(CHUNK - 1);
      const stop = Math.min(end, base + CHUNK);
      for (; cluster < stop; cluster++) {
        const cell = cells[cluster - base];
        if ((cell & field) < full) cells[cluster - base] = (cell + one) | kind;
        else this.#countExactly(cluster, high, low, index + cluster - first, place);
        if (checkCopied && ((cell & 0xff) === 1) !== copied) {
          const entryLow = low + (cluster - first) * clusterSize;
          this.#copiedData(high >>> 0, entryLow >>> 0, cluster, index + cluster - first, place);
        }
      }
    }
  }

  #countExactly(cluster: number, high: number, low: number, index: number, place: L2Place): void {
    const { clusterSize } = this.#layout;
    const owner = this.#owner(high >>> 0, low >>> 0, index, place);
    this.#references.count(cluster * clusterSize, clusterSize, place.kind, owner);
  }

  /** Counts a table that has been walked and is plain `times` more, for as many snapshots. */
  repeat(view: DataView, kind: number, times: number): void {
    const { l2Entries, clusterBits, clusterSize } = this.#layout;
    const map = this.#references.map;
    const field = MANY << REFERENCES_SHIFT;
    const more = times * ONE_REFERENCE;
    for (let at = 0; at < l2Entries * 8; at += 8) {
      const offsetHigh = view.getInt32(at) & 0x7fffffff;
      const low = view.getInt32(at + 4);
      if (offsetHigh === 0 && (low & ~1) === 0) continue;
      const cluster = (offsetHigh << (32 - clusterBits)) | (low >>> clusterBits);
      const cells = map.writable(cluster >>> CHUNK_BITS);
      const cell = cells[cluster & (CHUNK - 1)];
      if ((cell & field) + more <= this.#full) cells[cluster & (CHUNK - 1)] = cell + more;
      else
        for (let time = 0; time < times; time++)
          this.#references.count(cluster * clusterSize, clusterSize, kind, undefined);
    }
  }

  /** Any entry, exactly. */
  #entry(
    high: number,
    low: number,
    zeroes: number,
    allocated: number,
    index: number,
    place: L2Place,
  ): void {
    if ((high | low | zeroes | allocated) === 0) return;
    const before = this.#findings.count('corruption');
    this.#judge(high, low, zeroes, allocated, index, place);
    this.used++;
    if (this.#findings.count('corruption') !== before) this.faulty++;
  }

  #judge(
    high: number,
    low: number,
    zeroes: number,
    allocated: number,
    index: number,
    place: L2Place,
  ): void {
    const layout = this.#layout;
    const kind = l2EntryKind(high, low, layout);
    if (kind !== 'compressed' && hasReservedBits(high, low))
      this.#add(
        'corruption',
        'l2-reserved-bits',
        high,
        low,
        index,
        place,
        `ERROR found l2 entry with reserved bits set: ${hexWords(high, low)}`,
      );
    switch (kind) {
      case 'compressed':
        this.#compressedEntry(high, low, zeroes | allocated, index, place);
        return;
      case 'normal':
      case 'zero-allocated':
        this.#allocatedEntry(high, low, zeroes, allocated, index, place);
        return;
      case 'unallocated':
        if (allocated !== 0)
          this.#add(
            'corruption',
            'subclusters-unallocated',
            high,
            low,
            index,
            place,
            'ERROR: Unallocated cluster has non-zero subcluster allocation map',
          );
        return;
      case 'zero-plain':
        return;
    }
  }

  #compressedEntry(
    high: number,
    low: number,
    subclusters: number,
    index: number,
    place: L2Place,
  ): void {
    const span = compressedSpan(high, low, this.#layout);
    if ((high & COPIED) !== 0)
      this.#add(
        'corruption',
        'compressed-copied',
        high,
        low,
        index,
        place,
        `ERROR: coffset=0x${span.offsetText}: copied flag must never be set for compressed clusters`,
      );
    const entry = hexWords(high & ~COPIED, low);
    if (this.#layout.externalData) {
      this.#add(
        'corruption',
        'compressed-with-data-file',
        high,
        low,
        index,
        place,
        `ERROR compressed cluster ${index} with data file, entry=0x${entry}`,
      );
      return;
    }
    if (subclusters !== 0) {
      this.#add(
        'corruption',
        'compressed-with-subclusters',
        high,
        low,
        index,
        place,
        `ERROR compressed cluster ${index} with non-zero subcluster allocation bitmap, entry=0x${entry}`,
      );
      return;
    }
    this.#references.count(
      span.offset,
      span.length,
      BIT.compressed,
      this.#owner(high, low, index, place),
      span.offsetText,
    );
    this.#touch(span.offset, span.length);
    if (!place.active) return;
    this.allocated++;
    this.compressed++;
    this.fragmented++;
  }

  #allocatedEntry(
    high: number,
    low: number,
    zeroes: number,
    allocated: number,
    index: number,
    place: L2Place,
  ): void {
    const { clusterSize, extendedL2, externalData } = this.#layout;
    const offset = dataOffset(high, low);
    const offsetText = offset.toString(16);
    if ((zeroes & allocated) !== 0)
      this.#add(
        'corruption',
        'subclusters-contradict',
        high,
        low,
        index,
        place,
        `ERROR offset=${offsetText}: Allocated cluster has corrupted subcluster allocation bitmap`,
      );
    const offGrid = (low & (clusterSize - 1) & ~511) !== 0;
    if (offGrid) {
      const hasData = extendedL2 ? allocated !== 0 : (low & 1) === 0;
      if (hasData)
        this.#add(
          'corruption',
          'l2-unaligned',
          high,
          low,
          index,
          place,
          `ERROR offset=${offsetText}: Data cluster is not properly aligned; L2 entry corrupted.`,
        );
      else
        this.#add(
          'corruption',
          'l2-preallocated-unaligned',
          high,
          low,
          index,
          place,
          `ERROR offset=${offsetText}: Preallocated cluster is not properly aligned; L2 entry corrupted.`,
        );
    }
    if (place.active) {
      this.allocated++;
      this.#fragment(offset, offGrid);
    }
    if (!externalData) {
      this.#references.count(offset, clusterSize, place.kind, this.#owner(high, low, index, place));
      this.#touch(offset, clusterSize);
    }
    if (place.checkCopied)
      this.#copiedData(high, low, Math.floor(offset / clusterSize), index, place);
  }

  /** The entry continues the last one of this table, or it does not. */
  #fragment(offset: number, offGrid: boolean): void {
    const { clusterSize } = this.#layout;
    const cluster = offset / clusterSize;
    const continues =
      this.#expected === OFF_GRID ? offset === this.#expectedOffset : cluster === this.#expected;
    if (this.#expected !== NOTHING && !continues) this.fragmented++;
    // A cluster number too large for the fast path's integers is compared as an offset.
    const far = offGrid || cluster >= 0x7fffffff;
    this.#expected = far ? OFF_GRID : cluster + 1;
    this.#expectedOffset = offset + clusterSize;
  }

  #touch(offset: number, size: number): void {
    const first = Math.floor(offset / this.#layout.clusterSize);
    const last = Math.floor((offset + size - 1) / this.#layout.clusterSize);
    if (last > this.#layout.hostClusters) return;
    if (first < this.lowest) this.lowest = first;
    if (last > this.highest) this.highest = last;
  }

  /** Compares COPIED with the stored refcount, exactly. */
  #copiedData(high: number, low: number, cluster: number, index: number, place: L2Place): void {
    const refcount = this.#layout.externalData ? 1n : this.#stored.exact(cluster);
    if (refcount === undefined || (refcount === 1n) === ((high & COPIED) !== 0)) return;
    this.#copiedFindings.add({
      severity: 'corruption',
      code: 'copied-data',
      offset: cluster * this.#layout.clusterSize,
      cluster,
      message: `ERROR OFLAG_COPIED data cluster: l2_entry=${hexWords(high, low)} refcount=${refcount}`,
      owner: this.#owner(high, low, index, place),
    });
  }

  #owner(high: number, low: number, index: number, place: L2Place): Owner {
    return l2EntryOwner(this.#layout, place, index, high, low);
  }

  #add(
    severity: Severity,
    code: FindingCode,
    high: number,
    low: number,
    index: number,
    place: L2Place,
    message: string,
  ): void {
    const { clusterSize, l2EntrySize } = this.#layout;
    const offset = place.offset + index * l2EntrySize;
    this.#findings.add({
      severity,
      code,
      offset,
      cluster: Math.floor(offset / clusterSize),
      message,
      owner: this.#owner(high, low, index, place),
    });
  }
}

/** An L2 entry as an owner of the cluster it points to. */
export function l2EntryOwner(
  layout: Layout,
  place: Pick<L2Place, 'of' | 'l1Index' | 'offset' | 'guestOffset' | 'kind'>,
  index: number,
  high: number,
  low: number,
): Owner {
  const compressed = (high & COMPRESSED) !== 0;
  return {
    type: 'l2-entry',
    l1Index: place.l1Index,
    l2Index: index,
    guestOffset: place.guestOffset + index * layout.clusterSize,
    entryOffset: place.offset + index * layout.l2EntrySize,
    entry: `0x${hexWords(high, low)}`,
    kind: compressed ? 'compressed' : place.kind === BIT.vmState ? 'vm-state' : 'data',
    readsZero: !compressed && !layout.extendedL2 && (low & 1) !== 0,
    ...place.of,
  };
}
