import { hexWords } from '../bytes.js';
import {
  COPIED,
  compressedOffsetText,
  compressedSpan,
  dataOffset,
  hasReservedBits,
  l2EntryKind,
} from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { MANY, storedOf } from '../map/cell.js';
import type { Counting } from './counting.js';
import type { FindingCode } from './finding.js';
import type { FindingList } from './findingList.js';
import { BIT } from '../map/kinds.js';
import { type L2Place, l2EntryOwner } from './tablePlace.js';
import type { References, TellOwner } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';
import type { TableTally } from './tableTally.js';

/** An L2 entry's words, with the two of its subcluster bitmap (0 without extended L2). */
export interface L2Words {
  readonly index: number;
  readonly high: number;
  readonly low: number;
  /** Subclusters that read as zero. */
  readonly zeroes: number;
  /** Subclusters that are allocated. */
  readonly allocated: number;
}

/** Counts and judges any L2 entry, exactly (check_refcounts_l2, check_oflag_copied). */
export class L2EntryCheck {
  readonly #geometry: Geometry;
  readonly #references: References;
  readonly #stored: StoredRefcounts;
  readonly #findings: FindingList;
  readonly #copiedFindings: FindingList;
  readonly #tally: TableTally;

  constructor(counting: Counting, tally: TableTally) {
    const { geometry, references, stored, findings, copiedFindings } = counting;
    this.#geometry = geometry;
    this.#references = references;
    this.#stored = stored;
    this.#findings = findings;
    this.#copiedFindings = copiedFindings;
    this.#tally = tally;
  }

  check(words: L2Words, place: L2Place): void {
    if ((words.high | words.low | words.zeroes | words.allocated) === 0) return;
    const before = this.#findings.count('corruption');
    this.#judge(words, place);
    this.#tally.used++;
    if (this.#findings.count('corruption') !== before) this.#tally.faulty++;
  }

  #judge(words: L2Words, place: L2Place): void {
    const { high, low } = words;
    const kind = l2EntryKind(high, low, this.#geometry);
    if (kind !== 'compressed' && hasReservedBits(high, low)) {
      const message = () => `ERROR found l2 entry with reserved bits set: ${hexWords(high, low)}`;
      this.#corrupt('l2-reserved-bits', words, place, message);
    }
    switch (kind) {
      case 'compressed':
        this.#compressed(words, place);
        return;
      case 'normal':
      case 'zero-allocated':
        this.#allocated(words, place);
        return;
      case 'unallocated': {
        const message = () => 'ERROR: Unallocated cluster has non-zero subcluster allocation map';
        if (words.allocated !== 0) this.#corrupt('subclusters-unallocated', words, place, message);
        return;
      }
      case 'zero-plain':
        return;
    }
  }

  #compressed(words: L2Words, place: L2Place): void {
    const { high, low, index } = words;
    const offsetText = (): string => compressedOffsetText(high, low, this.#geometry);
    if ((high & COPIED) !== 0) {
      const message = () =>
        `ERROR: coffset=0x${offsetText()}: copied flag must never be set for compressed clusters`;
      this.#corrupt('compressed-copied', words, place, message);
    }
    const entry = (): string => hexWords(high & ~COPIED, low);
    if (this.#geometry.externalData) {
      const message = () => `ERROR compressed cluster ${index} with data file, entry=0x${entry()}`;
      this.#corrupt('compressed-with-data-file', words, place, message);
      return;
    }
    if ((words.zeroes | words.allocated) !== 0) {
      const message = () =>
        `ERROR compressed cluster ${index} with non-zero subcluster allocation bitmap, entry=0x${entry()}`;
      this.#corrupt('compressed-with-subclusters', words, place, message);
      return;
    }
    const span = compressedSpan(high, low, this.#geometry);
    const owner = this.#owner(words, place);
    const text = Number.isSafeInteger(span.offset) ? undefined : offsetText();
    this.#references.count(span.offset, span.length, BIT.compressed, owner, text);
    this.#tally.touch(span.offset, span.length);
    this.#tally.compressedCluster();
  }

  #allocated(words: L2Words, place: L2Place): void {
    const { high, low, zeroes, allocated } = words;
    const { clusterSize, extendedL2, externalData } = this.#geometry;
    const offset = dataOffset(high, low);
    const where = (): string => `ERROR offset=${offset.toString(16)}:`;
    if ((zeroes & allocated) !== 0) {
      const message = () =>
        `${where()} Allocated cluster has corrupted subcluster allocation bitmap`;
      this.#corrupt('subclusters-contradict', words, place, message);
    }
    if ((low & (clusterSize - 1) & ~511) !== 0) {
      const hasData = extendedL2 ? allocated !== 0 : (low & 1) === 0;
      const code = hasData ? 'l2-unaligned' : 'l2-preallocated-unaligned';
      const what = hasData ? 'Data cluster' : 'Preallocated cluster';
      const message = () => `${where()} ${what} is not properly aligned; L2 entry corrupted.`;
      this.#corrupt(code, words, place, message);
    }
    this.#tally.cluster(offset);
    if (!externalData) {
      this.#references.count(offset, clusterSize, place.kind, this.#owner(words, place));
      this.#tally.touch(offset, clusterSize);
    }
    if (place.checkCopied) this.copied(words, Math.floor(offset / clusterSize), place);
  }

  /** Counts what an entry that has been judged refers to so many times more. */
  repeat({ high, low, zeroes, allocated }: L2Words, kind: number, times: number): void {
    const geometry = this.#geometry;
    if (geometry.externalData) return;
    switch (l2EntryKind(high, low, geometry)) {
      case 'compressed': {
        if ((zeroes | allocated) !== 0) return;
        const span = compressedSpan(high, low, geometry);
        this.#references.repeat(span.offset, span.length, BIT.compressed, times);
        return;
      }
      case 'normal':
      case 'zero-allocated':
        this.#references.repeat(dataOffset(high, low), geometry.clusterSize, kind, times);
        return;
      case 'unallocated':
      case 'zero-plain':
    }
  }

  /** Counts a plain entry's cluster whose count does not fit its cell. */
  countExactly(words: L2Words, cluster: number, place: L2Place): void {
    const { clusterSize } = this.#geometry;
    const owner = this.#owner(words, place);
    this.#references.count(cluster * clusterSize, clusterSize, place.kind, owner);
  }

  /** Compares an entry's COPIED with the stored refcount of its cluster. */
  copied(words: L2Words, cluster: number, place: L2Place): void {
    const { high, low } = words;
    const refcount = this.#geometry.externalData ? 1n : this.#refcount(cluster);
    if (refcount === undefined || (refcount === 1n) === ((high & COPIED) !== 0)) return;
    this.#copiedFindings.addCorruption('copied-data', 1, () => ({
      offset: cluster * this.#geometry.clusterSize,
      cluster,
      message: `ERROR OFLAG_COPIED data cluster: l2_entry=${hexWords(high, low)} refcount=${refcount}`,
      owner: this.#owner(words, place)(),
    }));
  }

  /**
   * Counts so many entries that contradict their cells without a look at each, once no more of
   * these findings are kept; `false` while they are, or the refcount may be unknown.
   */
  countCopied(times: number): boolean {
    if (!this.#copiedFindings.isFull || this.#stored.someUnreadable) return false;
    this.#copiedFindings.countCorruption('copied-data', times);
    return true;
  }

  /** As stored; without a look into the image where the map tells. Undefined if it cannot be read. */
  #refcount(cluster: number): bigint | undefined {
    if (cluster < this.#geometry.hostClusters && !this.#stored.someUnreadable) {
      const stored = storedOf(this.#references.map.cell(cluster));
      if (stored < MANY) return BigInt(stored);
    }
    return this.#stored.exact(cluster);
  }

  #owner({ index, high, low }: L2Words, place: L2Place): TellOwner {
    return () => l2EntryOwner(this.#geometry, place, index, high, low);
  }

  #corrupt(code: FindingCode, words: L2Words, place: L2Place, message: () => string): void {
    this.#findings.addCorruption(code, 1, () => {
      const { clusterSize, l2EntrySize } = this.#geometry;
      const offset = place.offset + words.index * l2EntrySize;
      const cluster = Math.floor(offset / clusterSize);
      return { offset, cluster, message: message(), owner: this.#owner(words, place)() };
    });
  }
}
