import { BIT } from '../map/kinds.js';
import type { MappableImage } from '../qcow2/image.js';
import type { References } from './references.js';

/** Snapshot table, refcount table, LUKS header, in QEMU's order. */
export function countSmallTables(image: MappableImage, references: References): void {
  const { snapshotsOffset, snapshotTable, refcountTable, crypto, header } = image;
  const snapshotsText = header.value('snapshots_offset').toString(16);
  references.count(
    snapshotsOffset,
    snapshotTable.size,
    BIT.snapshotTable,
    () => ({ type: 'snapshot-table' }),
    snapshotsText,
  );
  references.count(
    refcountTable.offset,
    refcountTable.length * 8,
    BIT.refcountTable,
    () => ({ type: 'refcount-table' }),
    refcountTable.offsetText,
  );
  if (crypto)
    references.count(Number(crypto.offset), Number(crypto.length), BIT.cryptoHeader, () => ({
      type: 'crypto-header',
    }));
}
