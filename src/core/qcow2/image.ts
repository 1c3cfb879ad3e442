import type { ByteSource } from '../byteSource.js';
import { EntryTable } from './entryTable.js';
import { checkCryptoHeader, checkExtensions } from './extensionChecks.js';
import { type CryptoHeader, type Extensions, findExtension, readExtensions } from './extensions.js';
import { type Header, isForeign, readHeader } from './header.js';
import { checkHeader, checkTables } from './headerChecks.js';
import { knownClusterSize, type Geometry, geometryOf } from './geometry.js';
import * as limits from './limits.js';
import {
  type BitmapsOfImage,
  openBitmaps,
  openUnreadBitmaps,
  type UnreadBitmaps,
} from './openBitmaps.js';
import { NO_SNAPSHOTS, openSnapshots } from './openSnapshots.js';
import type { CheckFailure, Problem } from './problem.js';
import { Refusals } from './refusals.js';
import type { SnapshotTable } from './snapshotTable.js';

const REFRESH_FAILED = 'Could not refresh total sector count';

/** The block layer has it against an image that the driver has opened (bdrv_open_driver). */
export const isSaidAfterOpening = (refusal: string | undefined): boolean =>
  refusal?.startsWith(REFRESH_FAILED) === true;

/** An image as its header and its top-level tables describe it. Nothing below them has been read. */
export interface Image {
  readonly source: ByteSource;
  readonly header: Header;
  readonly extensions: Extensions;
  /** Undefined when the header does not say how the file is laid out. */
  readonly geometry: Geometry | undefined;
  /** In the order in which QEMU looks. */
  readonly problems: readonly Problem[];
  /** QEMU's text for refusing to open the image, or to open it for a check. */
  readonly refusal: {
    readonly open: string | undefined;
    readonly check: string | undefined;
  };
  /** Not a qcow2 image of version 2 or later, as QEMU's probing sees it. */
  readonly foreign: boolean;
  /** The active L1 table. */
  readonly l1: EntryTable;
  readonly refcountTable: EntryTable;
  readonly snapshotsOffset: number;
  readonly snapshotTable: SnapshotTable;
  /** What `qemu-img check` says when it cannot use the snapshot table. */
  readonly snapshotFailure: CheckFailure | undefined;
  /** Why the snapshot table cannot be read to its end. */
  readonly snapshotsUnreadable: string | undefined;
  /** Undefined when there are none that QEMU honours. */
  readonly bitmaps: BitmapsOfImage | undefined;
  /** Bitmaps that are there, but that QEMU does not read. */
  readonly unreadBitmaps: UnreadBitmaps | undefined;
  /** What QEMU warns of on stderr while opening, line by line. */
  readonly warnings: readonly string[];
  /** Where the LUKS header lies, in bytes. */
  readonly crypto: CryptoHeader | undefined;
  readonly backingFile: string | undefined;
  readonly dataFile: string | undefined;
}

/** An image that can be scanned. */
export type MappableImage = Image & { readonly geometry: Geometry };

export function isMappable(image: Image): image is MappableImage {
  return image.geometry !== undefined;
}

/** Opens an image. Never throws for what the image says; only an I/O error throws. */
export function openImage(source: ByteSource): Image {
  const header = readHeader(source);
  const refusals = new Refusals();
  const geometry = geometryOf(header, source.size);
  const cluster = knownClusterSize(header);
  const backingOffset = header.value('backing_file_offset');
  const extensionsEnd =
    backingOffset !== 0n && backingOffset <= BigInt(cluster) ? Number(backingOffset) : cluster;
  const extensionsStart = Math.min(header.number('header_length'), cluster);
  const extensions = readExtensions(source, extensionsStart, extensionsEnd);
  checkHeader(source, header, extensions, refusals);
  const base = { source, header, extensions, foreign: isForeign(source) };
  if (!geometry) {
    const { crypto, warnings } = checkExtensions(header, extensions, cluster, refusals);
    checkCryptoHeader(header, crypto, refusals);
    return {
      ...base,
      geometry,
      problems: refusals.problems,
      refusal: refusals,
      l1: EntryTable.EMPTY,
      refcountTable: EntryTable.EMPTY,
      snapshotsOffset: 0,
      snapshotTable: NO_SNAPSHOTS,
      snapshotFailure: undefined,
      snapshotsUnreadable: undefined,
      bitmaps: undefined,
      unreadBitmaps: undefined,
      crypto,
      warnings,
      backingFile: undefined,
      dataFile: undefined,
    };
  }
  const { backingFile, crypto, warnings } = checkTables(
    source,
    header,
    extensions,
    geometry,
    refusals,
  );
  const l1 = EntryTable.read(
    source,
    header.value('l1_table_offset'),
    Math.min(header.number('l1_size'), limits.MAX_L1_BYTES / 8),
  );
  const refcountTableBytes = header.number('refcount_table_clusters') * cluster;
  const refcountTable = EntryTable.read(
    source,
    header.value('refcount_table_offset'),
    Math.min(refcountTableBytes, limits.MAX_REFCOUNT_TABLE_BYTES) / 8,
  );
  const snapshots = openSnapshots(source, header, geometry, refusals);
  const bitmaps = openBitmaps(source, header, extensions, geometry, refusals);
  if (geometry.virtualSize > limits.MAX_NODE_LENGTH)
    refusals.field(
      'size',
      'The virtual disk is too long',
      header.value('size'),
      `at most ${limits.MAX_NODE_LENGTH}`,
      `${REFRESH_FAILED}: File too large`,
    );
  return {
    ...base,
    geometry,
    problems: refusals.problems,
    refusal: refusals,
    l1,
    refcountTable,
    ...snapshots,
    bitmaps,
    unreadBitmaps: bitmaps ? undefined : openUnreadBitmaps(source, header, extensions, geometry),
    warnings,
    crypto,
    backingFile,
    dataFile: geometry.externalData ? findExtension(extensions, 'data-file')?.name : undefined,
  };
}
