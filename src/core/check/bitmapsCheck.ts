import { BIT } from '../map/kinds.js';
import { type Bitmap, bitmapEntryInvalid, firstInvalidEntry } from '../qcow2/bitmapDirectory.js';
import { type EntryTable, maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_NODE_LENGTH } from '../qcow2/limits.js';
import { readBitmapTable, tableKey } from '../qcow2/openBitmaps.js';
import type { Finding, ScanFailure } from './finding.js';
import type { FindingRecord, FindingList } from './findingList.js';
import type { References } from './references.js';
import type { UnreadClaims } from './unreadClaims.js';

/** Directory, tables and data of the bitmaps, in the order in which QEMU counts them. */
export class BitmapsCheck {
  /** Why QEMU's check stops at the bitmaps, if it does. */
  failure: ScanFailure | undefined;
  readonly #image: MappableImage;
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
    this.#references = references;
    this.#claims = claims;
    this.#findings = findings;
  }

  #stop(errno: string): void {
    this.failure ??= { after: this.#findings.kept.length, messages: [], errno };
  }

  /** Directory, tables and data of the bitmaps (qcow2_check_bitmaps_refcounts). */
  count(): void {
    const bitmaps = this.#image.bitmaps;
    if (!bitmaps) return;
    const { clusterSize } = this.#image.geometry;
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
    const { clusterSize } = this.#image.geometry;
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
      this.#claims.addBitmapTable(bitmap, `its entry ${invalid} is invalid`);
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
    const { clusterSize } = this.#image.geometry;
    const table = readBitmapTable(this.#image.source, bitmap);
    this.#references.repeat(table.offset, bitmap.tableSize * 8, BIT.bitmapTable, times);
    for (const [, offset] of dataOf(table, clusterSize))
      this.#references.repeat(offset, clusterSize, BIT.bitmapData, times);
  }
}

/** A table that bitmaps share. */
interface BitmapTable {
  readonly bitmap: Bitmap;
  readonly found: FindingRecord;
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
