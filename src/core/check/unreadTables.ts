import { maskedOffset } from '../qcow2/entryTable.js';
import { LUKS } from '../qcow2/extensionChecks.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_L1_BYTES, MAX_REFCOUNT_TABLE_BYTES } from '../qcow2/limits.js';
import { readBitmapTable, tableKey } from '../qcow2/openBitmaps.js';
import type { UnreadClaims } from './unreadClaims.js';

/** Claims what the header and its extensions point to and QEMU does not read. */
export class UnreadTables {
  readonly #image: MappableImage;
  readonly #claims: UnreadClaims;

  constructor(image: MappableImage, claims: UnreadClaims) {
    this.#image = image;
    this.#claims = claims;
  }

  /** What the header and its extensions point to and QEMU does not read. */
  claim(): void {
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
    const most = MAX_REFCOUNT_TABLE_BYTES / this.#image.geometry.clusterSize;
    const tableWrong = this.#whyUnread(tableOffset, clusters, most, 'clusters');
    if (tableWrong !== undefined)
      this.#claims.add(
        { type: 'refcount-table', unreadable: tableWrong },
        tableOffset,
        clusters * this.#image.geometry.clusterSize,
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
    return offset % BigInt(this.#image.geometry.clusterSize) === 0n
      ? undefined
      : 'it is not cluster aligned';
  }

  /** Bitmaps that are there, and that QEMU does not read: directory, tables and data. */
  #unreadBitmaps(): void {
    const { unreadBitmaps: unread, bitmaps } = this.#image;
    const broken = (unread ?? bitmaps)?.failure?.bitmap;
    const wrong = 'its entry in the bitmap directory is invalid';
    if (broken) this.#claims.addBitmapTable(broken, wrong);
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
      this.#claims.addBitmapTable(bitmap, unreadable);
      if (tables.has(tableKey(bitmap))) continue;
      tables.add(tableKey(bitmap));
      const table = readBitmapTable(this.#image.source, bitmap);
      for (let index = 0; index < table.present; index++) {
        const at = maskedOffset(table.high(index), table.low(index));
        if (at === 0) continue;
        const entryOffset = table.entryOffset(index);
        const owner = { type: 'bitmap-data', bitmap: bitmap.name, index, entryOffset } as const;
        this.#claims.add({ ...owner, unreadable }, at, this.#image.geometry.clusterSize);
      }
    }
  }
}
