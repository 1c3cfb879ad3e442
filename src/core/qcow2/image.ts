import type { ByteSource } from '../byteSource.js';
import { hex, roundUp } from '../bytes.js';
import {
  type Bitmap,
  type BitmapDirectory,
  firstInvalidEntry,
  readBitmapDirectory,
  tableEntriesNeeded,
} from './bitmapDirectory.js';
import { EntryTable } from './entryTable.js';
import { checkExtensions } from './extensionChecks.js';
import { type Extension, type Extensions, readExtensions } from './extensions.js';
import { AUTOCLEAR, INCOMPATIBLE } from './features.js';
import { type Header, MAGIC, readHeader } from './header.js';
import { checkHeader, checkTables } from './headerChecks.js';
import type { Layout } from './layout.js';
import * as limits from './limits.js';
import type { Problem } from './problem.js';
import { Refusals } from './refusals.js';
import { type SnapshotTable, readSnapshotTable } from './snapshotTable.js';

/** Why `qemu-img check` stops without counts: what it says last, and the errno's text. */
export interface CheckFailure {
  readonly messages: readonly string[];
  readonly errno: string;
}

export interface BitmapsOfImage extends BitmapDirectory {
  /** Host offset and bytes of the directory. */
  readonly offset: number;
  readonly size: number;
}

/** An image as its header and its top-level tables describe it. Nothing below them has been read. */
export interface Image {
  readonly source: ByteSource;
  readonly header: Header;
  readonly extensions: Extensions;
  /** Undefined when the header does not say how the file is laid out. */
  readonly layout: Layout | undefined;
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
  /** Undefined when there are none that QEMU honours. */
  readonly bitmaps: BitmapsOfImage | undefined;
  /** What QEMU warns of on stderr while opening, line by line. */
  readonly warnings: readonly string[];
  /** Where the LUKS header lies, in bytes. */
  readonly crypto: { readonly offset: bigint; readonly length: bigint } | undefined;
  readonly backingFile: string | undefined;
  readonly dataFile: string | undefined;
}

/** An image that can be scanned. */
export type LaidOutImage = Image & { readonly layout: Layout };

export function isLaidOut(image: Image): image is LaidOutImage {
  return image.layout !== undefined;
}

/** The unit of lengths in QEMU's block layer. */
const SECTOR = 512;

const NO_SNAPSHOTS: SnapshotTable = { snapshots: [], zeros: 0, size: 0, failure: undefined };

/** Bytes of a cluster, or 0 when the header is not one whose cluster size can be believed. */
function knownClusterSize(header: Header): number {
  const version = header.number('version');
  const bits = header.number('cluster_bits');
  if (header.number('magic') !== MAGIC || (version !== 2 && version !== 3)) return 0;
  return bits >= limits.MIN_CLUSTER_BITS && bits <= limits.MAX_CLUSTER_BITS ? 2 ** bits : 0;
}

function layoutOf(header: Header, fileSize: number): Layout | undefined {
  const version = header.number('version') === 2 ? 2 : 3;
  const clusterBits = header.number('cluster_bits');
  const clusterSize = knownClusterSize(header);
  const refcountOrder = header.number('refcount_order');
  const extendedL2 = (header.value('incompatible_features') & INCOMPATIBLE.extendedL2) !== 0n;
  if (clusterSize === 0 || refcountOrder > 6) return undefined;
  const hostClusters = Math.ceil(fileSize / clusterSize);
  if (hostClusters > limits.MAX_CHECKED_CLUSTERS) return undefined;
  const l2EntrySize = extendedL2 ? 16 : 8;
  const l2Entries = clusterSize / l2EntrySize;
  const covered = BigInt(clusterSize) * BigInt(l2Entries);
  // QEMU's size_to_l1 adds in 64 bits, and wraps.
  const l1DiskEntries = BigInt.asUintN(64, header.value('size') + covered - 1n) / covered;
  const refcountBits = 2 ** refcountOrder;
  return {
    version,
    clusterBits,
    clusterSize,
    fileSize,
    hostClusters,
    // The block layer counts whole sectors.
    virtualSize: header.value('size') - (header.value('size') % BigInt(SECTOR)),
    extendedL2,
    externalData: (header.value('incompatible_features') & INCOMPATIBLE.externalDataFile) !== 0n,
    l2EntrySize,
    l2Entries,
    refcountBits,
    refcountsPerBlock: (clusterSize * 8) / refcountBits,
    l1DiskEntries: Number(l1DiskEntries),
  };
}

function find<T extends Extension['type']>(
  list: readonly Extension[],
  type: T,
): Extract<Extension, { type: T }> | undefined {
  // The last one counts, as for QEMU, which overwrites what an earlier one said.
  return list.findLast((e): e is Extract<Extension, { type: T }> => e.type === type);
}

function openSnapshots(
  source: ByteSource,
  header: Header,
  layout: Layout,
  refusals: Refusals,
): Pick<Image, 'snapshotTable' | 'snapshotFailure' | 'snapshotsOffset'> {
  const count = header.number('nb_snapshots');
  const offset = header.value('snapshots_offset');
  const snapshotsOffset = Number(offset);
  const failed = (messages: string[], errno: string) => ({
    snapshotTable: NO_SNAPSHOTS,
    snapshotsOffset,
    snapshotFailure: { messages, errno },
  });
  if (count > limits.MAX_SNAPSHOTS)
    return failed(
      [
        'qemu-img: ERROR snapshot table too large',
        `You can force-remove all ${count - limits.MAX_SNAPSHOTS} overhanging snapshots with qemu-img check -r all`,
      ],
      'File too large',
    );
  if (limits.INT64_MAX - BigInt(count * 40) < offset || offset % BigInt(layout.clusterSize) !== 0n)
    return failed(['qemu-img: ERROR snapshot table offset invalid'], 'Invalid argument');
  if (count === 0)
    return {
      snapshotTable: NO_SNAPSHOTS,
      snapshotsOffset,
      snapshotFailure: undefined,
    };
  const snapshotTable = readSnapshotTable(source, snapshotsOffset, count);
  const { failure } = snapshotTable;
  if (!failure) return { snapshotTable, snapshotsOffset, snapshotFailure: undefined };
  refusals.at(
    'snapshot table',
    failure.offset,
    `The snapshot table at ${hex(offset)} is unusable at ${hex(failure.offset)}: ${failure.message}`,
    failure.message,
    'opening but for a check',
  );
  const hint = failure.message.startsWith('Too much')
    ? 'You can force-remove this extra metadata with qemu-img check -r all'
    : `You can force-remove all ${count - snapshotTable.snapshots.length + 1} overhanging snapshots with qemu-img check -r all`;
  return {
    snapshotTable,
    snapshotsOffset,
    snapshotFailure: {
      messages: [`qemu-img: ERROR failed to read the snapshot table: ${failure.message}`, hint],
      errno: failure.errno,
    },
  };
}

/** A bitmap table, which the image may place anywhere. */
export function readBitmapTable(source: ByteSource, bitmap: Bitmap): EntryTable {
  return EntryTable.read(
    source,
    bitmap.tableOffset,
    Math.min(bitmap.tableSize, limits.MAX_BITMAP_TABLE_ENTRIES),
  );
}

/** What QEMU's qcow2_load_dirty_bitmaps would refuse in a directory that is well formed. */
function checkBitmapTables(
  source: ByteSource,
  directory: BitmapDirectory,
  layout: Layout,
  refusals: Refusals,
): void {
  const names = new Set<string>();
  for (const bitmap of directory.bitmaps) {
    if (names.has(bitmap.name)) {
      if (bitmap.inUse) continue;
      const text = `Bitmap already exists: ${bitmap.name}`;
      refusals.at(
        'bitmap directory',
        bitmap.offset,
        `Two bitmaps have the name '${bitmap.name}': entry at ${hex(bitmap.offset)}`,
        text,
      );
    }
    names.add(bitmap.name);
    if (bitmap.inUse) continue;
    if (bitmap.tableOffset > limits.MAX_NODE_LENGTH - BigInt(bitmap.tableSize * 8)) {
      refusals.at(
        'bitmap directory',
        bitmap.offset,
        `The table of bitmap '${bitmap.name}' lies at ${hex(bitmap.tableOffset)} (entry at ${hex(bitmap.offset)}), expected an offset inside the file`,
        `Could not read bitmap_table table from image for bitmap '${bitmap.name}': Input/output error`,
      );
      continue;
    }
    const table = readBitmapTable(source, bitmap);
    const invalid = firstInvalidEntry(table, layout.clusterSize);
    if (invalid >= 0)
      refusals.at(
        'bitmap table',
        table.entryOffset(invalid),
        `Entry ${invalid} of the table of bitmap '${bitmap.name}' at ${hex(table.entryOffset(invalid))} is ${hex(table.entry(invalid))}, expected a cluster's offset without reserved bits`,
        `Could not read bitmap_table table from image for bitmap '${bitmap.name}': Invalid argument`,
      );
    const needed = tableEntriesNeeded(bitmap, layout.clusterSize, layout.virtualSize);
    if (needed !== BigInt(bitmap.tableSize))
      refusals.at(
        'bitmap directory',
        bitmap.offset + 8,
        `The table of bitmap '${bitmap.name}' has ${bitmap.tableSize} entries (at ${hex(bitmap.offset + 8)}), expected ${needed}`,
        `Could not read bitmap '${bitmap.name}' from image: Invalid argument`,
      );
  }
}

function openBitmaps(
  source: ByteSource,
  header: Header,
  extensions: Extensions,
  layout: Layout,
  refusals: Refusals,
): BitmapsOfImage | undefined {
  const extension = find(extensions.list, 'bitmaps');
  if (!extension || extension.count === 0) return undefined;
  if ((header.value('autoclear_features') & AUTOCLEAR.bitmaps) === 0n) return undefined;
  const size = Math.min(Number(extension.directorySize), limits.MAX_BITMAP_DIRECTORY_BYTES);
  const offset = Number(extension.directoryOffset);
  if (extension.directoryOffset > limits.MAX_NODE_LENGTH - BigInt(size)) {
    refusals.at(
      'bitmap directory',
      extension.offset + 16,
      `The bitmap directory's offset ${hex(extension.directoryOffset)} is past any file`,
      'Failed to read bitmap directory: Input/output error',
    );
    return undefined;
  }
  const directory = readBitmapDirectory(
    source,
    offset,
    size,
    extension.count,
    layout.clusterSize,
    layout.virtualSize,
  );
  if (directory.failure)
    refusals.at(
      'bitmap directory',
      directory.failure.offset,
      `The bitmap directory at ${hex(offset)} is unusable at ${hex(directory.failure.offset)}: ${directory.failure.message}`,
      directory.failure.message,
    );
  else checkBitmapTables(source, directory, layout, refusals);
  return { ...directory, offset, size };
}

/** Opens an image. Never throws for what the image says; only an I/O error throws. */
export function openImage(source: ByteSource): Image {
  const header = readHeader(source);
  const refusals = new Refusals();
  const layout = layoutOf(header, roundUp(source.size, SECTOR));
  const known = header.number('magic') === MAGIC && header.number('version') >= 2;
  const cluster = knownClusterSize(header);
  const backingOffset = header.value('backing_file_offset');
  const extensionsEnd =
    backingOffset !== 0n && backingOffset <= BigInt(cluster) ? Number(backingOffset) : cluster;
  const extensionsStart = Math.min(header.number('header_length'), cluster);
  const extensions = readExtensions(source, extensionsStart, extensionsEnd);
  checkHeader(source, header, extensions, refusals);
  const base = { source, header, extensions, foreign: !known };
  if (!layout)
    return {
      ...base,
      layout,
      problems: refusals.problems,
      refusal: refusals,
      l1: EntryTable.EMPTY,
      refcountTable: EntryTable.EMPTY,
      snapshotsOffset: 0,
      snapshotTable: NO_SNAPSHOTS,
      snapshotFailure: undefined,
      bitmaps: undefined,
      ...checkExtensions(header, extensions, cluster, refusals),
      backingFile: undefined,
      dataFile: undefined,
    };
  const { backingFile, crypto, warnings } = checkTables(
    source,
    header,
    extensions,
    layout,
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
  const snapshots = openSnapshots(source, header, layout, refusals);
  const bitmaps = openBitmaps(source, header, extensions, layout, refusals);
  if (layout.virtualSize > limits.MAX_NODE_LENGTH)
    refusals.field(
      'size',
      'The virtual disk is too long',
      header.value('size'),
      `at most ${limits.MAX_NODE_LENGTH}`,
      'Could not refresh total sector count: File too large',
    );
  return {
    ...base,
    layout,
    problems: refusals.problems,
    refusal: refusals,
    l1,
    refcountTable,
    ...snapshots,
    bitmaps,
    warnings,
    crypto,
    backingFile,
    dataFile: layout.externalData ? find(extensions.list, 'data-file')?.name : undefined,
  };
}
