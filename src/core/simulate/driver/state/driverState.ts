import { BIT } from '../../../map/kinds.js';
import { AUTOCLEAR, COMPATIBLE, INCOMPATIBLE } from '../../../qcow2/features.js';
import type { Claims } from '../../guard/claims.js';
import { Discards } from './discards.js';
import type { CacheSlots } from '../../copy/cacheSlots.js';
import type { Sizes } from '../../copy/sizes.js';
import type { Guard } from '../../guard/guard.js';
import type { MappableImage } from '../../../qcow2/image.js';
import { HeaderState } from './headerState.js';
import { HostFile } from '../../guard/hostFile.js';
import { LossFinder } from '../../guard/losses.js';
import { MemoryTable } from './memoryTable.js';
import { MetadataCache } from './metadataCache.js';
import type { AllocationKind } from '../../copy/outcome.js';
import { bytesPart, lengthOf, type Overlay, type Part } from '../../copy/overlay.js';
import type { Recorder } from '../../copy/recorder.js';
import { Signal } from '../../copy/signal.js';
import { SnapshotList } from './snapshotList.js';
import type { Surroundings } from '../../copy/surroundings.js';

/** What an image is opened with. */
export interface DriverParts {
  readonly image: MappableImage;
  readonly sizes: Sizes;
  readonly slots: CacheSlots;
  readonly guard: Guard;
  readonly overlay: Overlay;
  readonly recorder: Recorder;
  readonly surroundings: Surroundings;
  readonly claims: Claims | undefined;
  readonly discardNoUnref: boolean;
}

/**
 * What QEMU's qcow2 driver holds in memory for an image that is open read/write, but for what builds
 * on it: refcounts, allocation and bitmaps (see Driver).
 */
export class DriverState {
  readonly image: MappableImage;
  readonly sizes: Sizes;
  readonly recorder: Recorder;
  readonly guard: Guard;
  readonly signal: Signal;
  readonly file: HostFile;
  readonly header: HeaderState;
  readonly l1: MemoryTable;
  readonly snapshots: SnapshotList;
  readonly l2Cache: MetadataCache;
  readonly refcountCache: MetadataCache;
  readonly discards: Discards;
  readonly surroundings: Surroundings;
  /** A discarded cluster reads as zeros and stays where it is (discard-no-unref). */
  readonly discardNoUnref: boolean;
  /** Undefined when nobody has scanned the image. */
  readonly claims: Claims | undefined;
  /** Several pieces were linked at the same time, and the caches have not been written since. */
  unordered = false;
  readonly #lazyRefcounts: boolean;

  constructor(parts: DriverParts) {
    const { image, sizes, slots, guard, overlay, recorder, surroundings, claims } = parts;
    this.image = image;
    this.sizes = sizes;
    this.recorder = recorder;
    this.guard = guard;
    this.surroundings = surroundings;
    this.claims = claims;
    this.discardNoUnref = parts.discardNoUnref;
    this.header = new HeaderState(image);
    this.signal = new Signal(recorder, () => {
      this.header.incompatible |= INCOMPATIBLE.corrupt;
      this.writeHeader();
    });
    const losses = new LossFinder(claims, guard, overlay, sizes);
    this.file = new HostFile(overlay, guard, recorder, this.signal, losses);
    this.l1 = new MemoryTable(image.l1, image.l1.offset, image.header.number('l1_size'));
    this.snapshots = new SnapshotList(image);
    this.l2Cache = new MetadataCache(
      'l2',
      slots.l2,
      sizes.sliceBytes,
      BIT.activeL2,
      this.file,
      this.signal,
      recorder,
    );
    this.refcountCache = new MetadataCache(
      'refcount',
      slots.refcount,
      sizes.clusterSize,
      BIT.refcountBlock,
      this.file,
      this.signal,
      recorder,
    );
    this.discards = new Discards(this.file);
    this.#lazyRefcounts = (this.header.compatible & COMPATIBLE.lazyRefcounts) !== 0n;
  }

  /** Clusters were allocated, from the one on in which `offset` lies. */
  allocated(kind: AllocationKind, offset: number, clusters: number): void {
    this.recorder.allocate(kind, offset, clusters);
    const first = Math.floor(offset / this.sizes.clusterSize);
    for (let cluster = first; cluster < first + clusters; cluster++)
      this.claims?.name(kind, cluster);
  }

  /** Data clusters lie in another file, and have no refcounts here. */
  get dataFile(): boolean {
    return this.sizes.externalData;
  }

  /** The data file is the guest's disk, byte for byte. */
  get rawDataFile(): boolean {
    return this.dataFile && (this.header.autoclear & AUTOCLEAR.rawExternalData) !== 0n;
  }

  get backed(): boolean {
    return (this.image.backingFile ?? '') !== '';
  }

  get encrypted(): boolean {
    return this.image.header.number('crypt_method') !== 0;
  }

  /** Refcounts on disk are right, and not only after a repair. */
  get accurateRefcounts(): boolean {
    return (this.header.incompatible & INCOMPATIBLE.dirty) === 0n;
  }

  /** With lazy refcounts the first link marks the image dirty (qcow2_mark_dirty). */
  markDirty(): void {
    if (!this.#lazyRefcounts || !this.accurateRefcounts) return;
    this.header.incompatible |= INCOMPATIBLE.dirty;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, this.header.incompatible);
    this.writeHeaderField(72, bytes);
  }

  /** Writes the whole first cluster; nothing when it has no room for the header. */
  writeHeader(): void {
    const bytes = this.header.encode();
    if (bytes) this.file.writeUnchecked('header', BIT.mainHeader, 0, [bytesPart(bytes)]);
  }

  writeHeaderField(offset: number, bytes: Uint8Array): void {
    this.file.writeBytes('header field', BIT.mainHeader, offset, bytes);
  }

  /** A write to the external data file. Nothing there is checked, nor remembered. */
  writeExternal(offset: number, parts: readonly Part[]): void {
    this.recorder.write({
      type: 'write',
      what: 'external data',
      offset,
      size: lengthOf(parts),
      checked: false,
      ignore: 0,
      conflict: undefined,
      hits: 0,
      losses: [],
    });
  }

  /** Writes what is dirty in both caches, L2 first (qcow2_write_caches). */
  writeCaches(): void {
    this.l2Cache.write();
    if (this.accurateRefcounts) this.refcountCache.write();
    this.unordered = false;
  }
}
