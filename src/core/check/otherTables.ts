import { blockOffset, type EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import { LUKS } from '../qcow2/extensionChecks.js';
import { bitmapEntryInvalid, firstInvalidEntry } from '../qcow2/bitmapDirectory.js';
import { type MappableImage } from '../qcow2/image.js';
import { MAX_L1_BYTES, MAX_NODE_LENGTH, MAX_REFCOUNT_TABLE_BYTES } from '../qcow2/limits.js';
import { readBitmapTable, tableKey } from '../qcow2/openBitmaps.js';
import type { Bitmap } from '../qcow2/bitmapDirectory.js';
import type { Finding, ScanFailure } from './finding.js';
import type { Geometry } from '../qcow2/geometry.js';
import type { Found, FindingList } from './findingList.js';
import { BIT } from '../map/kinds.js';
import type { References } from './references.js';
import type { UnreadClaims } from './unreadClaims.js';

/** Everything that is not an L1 or L2 table, in the order in which QEMU counts it. */
export class OtherStructures {
  /** Why QEMU's check stops at the bitmaps, if it does. */
  failure: ScanFailure | undefined;
  readonly #image: MappableImage;
  readonly #geometry: Geometry;
  readonly #references: References;
  readonly #claims: UnreadClaims;
  readonly #findings: FindingList;

  constructor(
    image: MappableImage,
    references: References,
    claims: UnreadClaims,
    findings: FindingList,
  ) {
    this.#image = image;
    this.#geometry = image.geometry;
    this.#references = references;
    this.#claims = claims;
    this.#findings = findings;
  }

  #stop(errno: string): void {
    this.failure ??= { after: this.#findings.kept.length, messages: [], errno };
  }

  /** Entries of the snapshot table that lack what version 3 demands. */
  snapshotEntries(): void {
    if (this.#geometry.version < 3) return;
    const { clusterSize } = this.#geometry;
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
    if (!this.#geometry.externalData || count === 0) return;
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
      () => ({ type: 'snapshot-table' }),
      snapshotsText,
    );
    this.#references.count(
      refcountTable.offset,
      refcountTable.length * 8,
      BIT.refcountTable,
      () => ({ type: 'refcount-table' }),
      refcountTable.offsetText,
    );
    if (crypto)
      this.#references.count(
        Number(crypto.offset),
        Number(crypto.length),
        BIT.cryptoHeader,
        () => ({ type: 'crypto-header' }),
      );
  }

  /** What the header and its extensions point to and QEMU does not read. */
  unreadTables(): void {
    const { header, snapshotsOffset, snapshotTable, snapshotsUnreadable, crypto } = this.#image;
    if (snapshotsUnreadable !== undefined)
      this.#claims.add(
        { type: 'snapshot-table', unreadable: snapshotsUnreadable },
        snapshotsOffset,
        snapshotTable.size + 1,
      );
    const { failure, snapshots } = snapshotTable;
    if (failure) {
      const index = snapshots.length;
      const snapshot = { index, id: '', name: `of table entry ${index}` };
      const unreadable = 'the entry of its snapshot cannot be read';
      this.#claims.add({ type: 'l1-table', snapshot, unreadable }, failure.l1Offset, 1);
    }
    const l1Size = header.number('l1_size');
    const l1Offset = header.value('l1_table_offset');
    const l1Wrong = this.#whyUnread(l1Offset, l1Size, MAX_L1_BYTES / 8, 'entries');
    if (l1Wrong !== undefined && l1Size > 0)
      this.#claims.add(
        { type: 'l1-table', snapshot: undefined, unreadable: l1Wrong },
        l1Offset,
        l1Size * 8,
      );
    const clusters = header.number('refcount_table_clusters');
    const tableOffset = header.value('refcount_table_offset');
    const most = MAX_REFCOUNT_TABLE_BYTES / this.#geometry.clusterSize;
    const tableWrong = this.#whyUnread(tableOffset, clusters, most, 'clusters');
    if (tableWrong !== undefined)
      this.#claims.add(
        { type: 'refcount-table', unreadable: tableWrong },
        tableOffset,
        clusters * this.#geometry.clusterSize,
      );
    if (crypto) {
      const isLuks = header.number('crypt_method') === LUKS;
      const unreadable = isLuks
        ? this.#whyUnread(crypto.offset, 1, 1, '')
        : 'the header does not say that the image has LUKS encryption';
      if (unreadable !== undefined)
        this.#claims.add(
          { type: 'crypto-header', unreadable },
          crypto.offset,
          Number(crypto.length),
        );
    }
    this.#unreadBitmaps();
  }

  /** Why a table of so many entries is not read. */
  #whyUnread(offset: bigint, count: number, most: number, entries: string): string | undefined {
    if (count === 0) return `the header gives it no ${entries}`;
    if (count > most) return `its ${count} ${entries} are too many`;
    return offset % BigInt(this.#geometry.clusterSize) === 0n
      ? undefined
      : 'it is not cluster aligned';
  }

  /** Bitmaps that are there, and that QEMU does not read: directory, tables and data. */
  #unreadBitmaps(): void {
    const { unreadBitmaps: unread, bitmaps } = this.#image;
    const broken = (unread ?? bitmaps)?.failure?.bitmap;
    const wrong = 'its entry in the bitmap directory is invalid';
    if (broken) this.#claimBitmapTable(broken, wrong);
    if (bitmaps?.failure)
      this.#claims.add(
        { type: 'bitmap-directory', unreadable: bitmaps.failure.message },
        bitmaps.offset,
        bitmaps.size,
      );
    if (!unread) return;
    const { reason: unreadable, offset, size } = unread;
    this.#claims.add({ type: 'bitmap-directory', unreadable }, offset, size);
    const tables = new Set<string>();
    for (const bitmap of unread.bitmaps) {
      this.#claimBitmapTable(bitmap, unreadable);
      if (tables.has(tableKey(bitmap))) continue;
      tables.add(tableKey(bitmap));
      const table = readBitmapTable(this.#image.source, bitmap);
      for (let index = 0; index < table.present; index++) {
        const at = maskedOffset(table.high(index), table.low(index));
        if (at === 0) continue;
        const entryOffset = table.entryOffset(index);
        const owner = { type: 'bitmap-data', bitmap: bitmap.name, index, entryOffset } as const;
        this.#claims.add({ ...owner, unreadable }, at, this.#geometry.clusterSize);
      }
    }
  }

  #claimBitmapTable({ name, tableOffset, tableSize }: Bitmap, unreadable: string): void {
    const owner = { type: 'bitmap-table', bitmap: name, unreadable } as const;
    this.#claims.add(owner, tableOffset, tableSize * 8);
  }

  /** Directory, tables and data of the bitmaps (qcow2_check_bitmaps_refcounts). */
  bitmaps(): void {
    const bitmaps = this.#image.bitmaps;
    if (!bitmaps) return;
    const { clusterSize } = this.#geometry;
    this.#references.count(bitmaps.offset, bitmaps.size, BIT.bitmapDirectory, () => ({
      type: 'bitmap-directory',
    }));
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
    const tables = new Map<string, BitmapTable>();
    for (const bitmap of bitmaps.bitmaps) {
      const key = tableKey(bitmap);
      const known = tables.get(key);
      if (known) {
        known.repeats++;
        this.#findings.repeat(known.found, (finding) => ofBitmap(finding, bitmap.name));
        continue;
      }
      this.#findings.record();
      const goesOn = this.#bitmap(bitmap);
      tables.set(key, { bitmap, found: this.#findings.recorded(), repeats: 0 });
      if (!goesOn) break;
    }
    for (const { bitmap, repeats } of tables.values())
      if (repeats > 0) this.#repeatBitmap(bitmap, repeats);
  }

  /** Table and data of one bitmap; false where QEMU gives up. */
  #bitmap(bitmap: Bitmap): boolean {
    const { clusterSize } = this.#geometry;
    const { name, tableOffset, tableSize } = bitmap;
    const owner = { type: 'bitmap-table', bitmap: name } as const;
    const table = readBitmapTable(this.#image.source, bitmap);
    const bytes = tableSize * 8;
    const { offset: start, offsetText } = table;
    if (!this.#references.count(start, bytes, BIT.bitmapTable, () => owner, offsetText)) {
      this.#stop('Cannot allocate memory');
      return false;
    }
    const wrong = (offset: number): void => {
      this.#findings.add({
        severity: 'corruption',
        code: 'bitmap-table-invalid',
        offset,
        cluster: Math.floor(offset / clusterSize),
        message: '',
        owner,
      });
    };
    if (tableOffset > MAX_NODE_LENGTH - BigInt(bytes)) {
      wrong(bitmap.offset);
      this.#stop('Input/output error');
    }
    const invalid = firstInvalidEntry(table, clusterSize);
    if (invalid >= 0) {
      wrong(table.entryOffset(invalid));
      this.#stop('Invalid argument');
      this.#claimBitmapTable(bitmap, `its entry ${invalid} is invalid`);
    }
    for (const [index, offset] of dataOf(table, clusterSize))
      this.#references.count(offset, clusterSize, BIT.bitmapData, () => ({
        type: 'bitmap-data',
        bitmap: name,
        index,
        entryOffset: table.entryOffset(index),
      }));
    return true;
  }

  /** Counts a table that other bitmaps share, and its data, so many times more. */
  #repeatBitmap(bitmap: Bitmap, times: number): void {
    const { clusterSize } = this.#geometry;
    const table = readBitmapTable(this.#image.source, bitmap);
    this.#references.repeat(table.offset, bitmap.tableSize * 8, BIT.bitmapTable, times);
    for (const [, offset] of dataOf(table, clusterSize))
      this.#references.repeat(offset, clusterSize, BIT.bitmapData, times);
  }

  /** The refcount blocks as clusters, last (check_refblocks). */
  refcountBlocks(): void {
    const { refcountTable } = this.#image;
    const { clusterSize } = this.#geometry;
    for (let index = 0; index < refcountTable.present; index++) {
      const high = refcountTable.high(index);
      const low = refcountTable.low(index);
      if (high === 0 && low === 0) continue;
      const offset = blockOffset(high, low);
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
        const unreadable = 'its entry has reserved bits set';
        this.#claims.add({ ...owner, unreadable }, offset, clusterSize);
        continue;
      }
      if ((low & (clusterSize - 1)) !== 0) {
        this.#findings.add({
          ...at,
          code: 'refcount-block-unaligned',
          message: `ERROR refcount block ${index} is not cluster aligned; refcount table entry corrupted`,
        });
        this.#claims.add({ ...owner, unreadable: 'it is not cluster aligned' }, offset, 1);
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
      this.#references.count(offset, clusterSize, BIT.refcountBlock, () => owner);
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

/** A table that bitmaps share. */
interface BitmapTable {
  readonly bitmap: Bitmap;
  readonly found: Found;
  /** Bitmaps for which it is still to be counted. */
  repeats: number;
}

/** The valid entries of a bitmap table that point to a cluster: index and host offset. */
function* dataOf(table: EntryTable, clusterSize: number): Generator<readonly [number, number]> {
  for (let index = 0; index < table.present; index++) {
    const high = table.high(index);
    const low = table.low(index);
    const offset = maskedOffset(high, low);
    if (offset !== 0 && !bitmapEntryInvalid(high, low, clusterSize)) yield [index, offset];
  }
}

/** A finding about a bitmap's table, as another bitmap with the same table has it. */
function ofBitmap(finding: Finding, bitmap: string): Finding {
  const { owner } = finding;
  return owner && 'bitmap' in owner ? { ...finding, owner: { ...owner, bitmap } } : finding;
}
