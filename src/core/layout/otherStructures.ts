import { maskedOffset } from '../qcow2/entryTable.js';
import { bitmapEntryInvalid, firstInvalidEntry } from '../qcow2/bitmapDirectory.js';
import { type LaidOutImage } from '../qcow2/image.js';
import { MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { readBitmapTable } from '../qcow2/openBitmaps.js';
import type { Layout } from '../qcow2/layout.js';
import type { FindingList } from './findingList.js';
import { BIT } from './kinds.js';
import type { References } from './references.js';
import type { ScanFailure } from './scanFailure.js';

/** Everything that is not an L1 or L2 table, in the order in which QEMU counts it. */
export class OtherStructures {
  /** Why QEMU's check stops at the bitmaps, if it does. */
  failure: ScanFailure | undefined;
  readonly #image: LaidOutImage;
  readonly #layout: Layout;
  readonly #references: References;
  readonly #findings: FindingList;

  constructor(image: LaidOutImage, references: References, findings: FindingList) {
    this.#image = image;
    this.#layout = image.layout;
    this.#references = references;
    this.#findings = findings;
  }

  #stop(errno: string): void {
    this.failure ??= { after: this.#findings.kept.length, messages: [], errno };
  }

  /** Entries of the snapshot table that lack what version 3 demands. */
  snapshotEntries(): void {
    if (this.#layout.version < 3) return;
    const { clusterSize } = this.#layout;
    const { snapshots, zeros } = this.#image.snapshotTable;
    const { snapshotsOffset } = this.#image;
    const incomplete = (index: number, offset: number): void => {
      this.#findings.add({
        severity: 'corruption',
        code: 'snapshot-incomplete',
        offset,
        cluster: Math.floor(offset / clusterSize),
        message: `ERROR snapshot table entry ${index} is incomplete`,
        owner: { type: 'snapshot-table' },
      });
    };
    for (const snapshot of snapshots)
      if (snapshot.extraDataSize < 16) incomplete(snapshot.index, snapshot.offset);
    for (let i = 0; i < zeros; i++) incomplete(snapshots.length + i, snapshotsOffset);
  }

  /** Internal snapshots do not go with an external data file. */
  snapshotsAllowed(): void {
    const count = this.#image.snapshotTable.snapshots.length + this.#image.snapshotTable.zeros;
    if (!this.#layout.externalData || count === 0) return;
    const message = `ERROR ${count} snapshots in image with data file`;
    this.#findings.add({
      severity: 'corruption',
      code: 'snapshots-with-data-file',
      offset: 60,
      cluster: 0,
      message,
      owner: { type: 'main-header' },
    });
  }

  /** Snapshot table, refcount table, LUKS header, in QEMU's order. */
  smallTables(): void {
    const { snapshotsOffset, snapshotTable, refcountTable, crypto, header } = this.#image;
    const snapshotsText = header.value('snapshots_offset').toString(16);
    this.#references.count(
      snapshotsOffset,
      snapshotTable.size,
      BIT.snapshotTable,
      { type: 'snapshot-table' },
      snapshotsText,
    );
    this.#references.count(
      refcountTable.offset,
      refcountTable.length * 8,
      BIT.refcountTable,
      { type: 'refcount-table' },
      refcountTable.offsetText,
    );
    if (crypto)
      this.#references.count(Number(crypto.offset), Number(crypto.length), BIT.cryptoHeader, {
        type: 'crypto-header',
      });
  }

  /** Directory, tables and data of the bitmaps (qcow2_check_bitmaps_refcounts). */
  bitmaps(): void {
    const bitmaps = this.#image.bitmaps;
    if (!bitmaps) return;
    const { clusterSize } = this.#layout;
    this.#references.count(bitmaps.offset, bitmaps.size, BIT.bitmapDirectory, {
      type: 'bitmap-directory',
    });
    if (bitmaps.failure) {
      this.#findings.add({
        severity: 'corruption',
        code: 'bitmap-directory-unreadable',
        offset: bitmaps.failure.offset,
        cluster: Math.floor(bitmaps.failure.offset / clusterSize),
        message: '',
        owner: { type: 'bitmap-directory' },
      });
      this.#stop('Invalid argument');
    }
    for (const bitmap of bitmaps.bitmaps) {
      const owner = { type: 'bitmap-table', bitmap: bitmap.name } as const;
      const table = readBitmapTable(this.#image.source, bitmap);
      const bytes = bitmap.tableSize * 8;
      if (!this.#references.count(table.offset, bytes, BIT.bitmapTable, owner, table.offsetText)) {
        this.#stop('Cannot allocate memory');
        return;
      }
      if (bitmap.tableOffset > MAX_NODE_LENGTH - BigInt(bytes)) {
        this.#findings.add({
          severity: 'corruption',
          code: 'bitmap-table-invalid',
          offset: bitmap.offset,
          cluster: Math.floor(bitmap.offset / clusterSize),
          message: '',
          owner,
        });
        this.#stop('Input/output error');
      }
      const invalid = firstInvalidEntry(table, clusterSize);
      if (invalid >= 0) {
        const offset = table.entryOffset(invalid);
        this.#findings.add({
          severity: 'corruption',
          code: 'bitmap-table-invalid',
          offset,
          cluster: Math.floor(offset / clusterSize),
          message: '',
          owner,
        });
        this.#stop('Invalid argument');
      }
      for (let index = 0; index < table.present; index++) {
        const high = table.high(index);
        const low = table.low(index);
        const offset = maskedOffset(high, low);
        if (offset === 0 || bitmapEntryInvalid(high, low, clusterSize)) continue;
        this.#references.count(offset, clusterSize, BIT.bitmapData, {
          type: 'bitmap-data',
          bitmap: bitmap.name,
          index,
          entryOffset: table.entryOffset(index),
        });
      }
    }
  }

  /** The refcount blocks as clusters, last (check_refblocks). */
  refcountBlocks(): void {
    const { refcountTable } = this.#image;
    const { clusterSize } = this.#layout;
    for (let index = 0; index < refcountTable.present; index++) {
      const high = refcountTable.high(index);
      const low = refcountTable.low(index);
      if (high === 0 && low === 0) continue;
      const offset = high * 2 ** 32 + ((low & 0xfffffe00) >>> 0);
      const entryOffset = refcountTable.entryOffset(index);
      const owner = { type: 'refcount-block', index, entryOffset } as const;
      const at = {
        severity: 'corruption',
        offset: entryOffset,
        cluster: Math.floor(entryOffset / clusterSize),
        owner,
      } as const;
      if ((low & 0x1ff) !== 0) {
        this.#findings.add({
          ...at,
          code: 'refcount-table-reserved-bits',
          message: `ERROR refcount table entry ${index} has reserved bits set`,
        });
        continue;
      }
      if ((low & (clusterSize - 1)) !== 0) {
        this.#findings.add({
          ...at,
          code: 'refcount-block-unaligned',
          message: `ERROR refcount block ${index} is not cluster aligned; refcount table entry corrupted`,
        });
        continue;
      }
      const cluster = offset / clusterSize;
      if (cluster >= this.#references.clusters) {
        this.#findings.add({
          ...at,
          code: 'refcount-block-outside',
          message: `ERROR refcount block ${index} is outside image`,
        });
        continue;
      }
      this.#references.count(offset, clusterSize, BIT.refcountBlock, owner);
      const references = this.#references.exact(cluster);
      if (references !== 1)
        this.#findings.add({
          severity: 'corruption',
          code: 'refcount-block-references',
          offset,
          cluster,
          message: `ERROR refcount block ${index} refcount=${references}`,
          owner,
        });
    }
  }
}
