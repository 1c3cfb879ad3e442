import { type ByteSource, readBytes } from '../byteSource.js';
import { hex, textOf } from '../bytes.js';
import {
  checkCryptoHeader,
  checkExtensions,
  type ExtensionFacts,
  LUKS,
} from './extensionChecks.js';
import { type Extensions, findExtension } from './extensions.js';
import { foreignFormat, foreignText } from './foreignFormat.js';
import { AUTOCLEAR, type FeatureName, INCOMPATIBLE, KNOWN_INCOMPATIBLE } from './features.js';
import { type FieldName, type Header, MAGIC } from './header.js';
import type { Geometry } from './geometry.js';
import * as limits from './limits.js';
import type { Refusals } from './refusals.js';

function unsupportedFeatures(bits: bigint, names: readonly FeatureName[]): string {
  const parts: string[] = [];
  let rest = bits;
  for (const row of names) {
    if (row.name === '') break;
    if (row.kind !== 'incompatible' || ((rest >> BigInt(row.bit)) & 1n) === 0n) continue;
    parts.push(row.name);
    rest &= ~(1n << BigInt(row.bit));
  }
  if (rest !== 0n) parts.push(`Unknown incompatible feature: ${rest.toString(16)}`);
  return `Unsupported qcow2 feature(s): ${parts.join(', ')}`;
}

/** The tests of qcow2_do_open on the header alone, in its order. */
export function checkHeader(
  source: ByteSource,
  header: Header,
  extensions: Extensions,
  refusals: Refusals,
): void {
  const version = header.number('version');
  const clusterBits = header.number('cluster_bits');
  const length = header.number('header_length');
  const clusterSize = 2 ** clusterBits;
  if (header.number('magic') !== MAGIC) {
    refusals.field(
      'magic',
      source.size === 0 ? 'The file is empty' : foreignText(foreignFormat(source)),
      header.value('magic'),
      '0x514649fb',
      'Image is not in qcow2 format',
    );
    return;
  }
  if (version < 2 || version > 3) {
    refusals.field(
      'version',
      version === 1 ? foreignText(foreignFormat(source)) : 'Unknown version',
      version,
      '2 or 3',
      `Unsupported qcow2 version ${version}`,
    );
    return;
  }
  if (clusterBits < limits.MIN_CLUSTER_BITS || clusterBits > limits.MAX_CLUSTER_BITS) {
    refusals.field(
      'cluster_bits',
      'Impossible cluster size',
      clusterBits,
      '9 to 21',
      `Unsupported cluster size: 2^${clusterBits}`,
    );
    return;
  }
  if (version === 3 && length < 104)
    refusals.field(
      'header_length',
      'The header is too short',
      length,
      'at least 104',
      'qcow2 header too short',
    );
  if (length > clusterSize)
    refusals.field(
      'header_length',
      'The header is longer than a cluster',
      length,
      `at most ${clusterSize}`,
      'qcow2 header exceeds cluster size',
    );
  if (header.value('backing_file_offset') > BigInt(clusterSize))
    refusals.field(
      'backing_file_offset',
      'The backing file name lies outside the first cluster',
      header.value('backing_file_offset'),
      `at most ${hex(clusterSize)}`,
      'Invalid backing file offset',
    );
  checkCompression(header, refusals);
  const unknown = header.value('incompatible_features') & ~KNOWN_INCOMPATIBLE;
  if (unknown !== 0n) {
    const names = findExtension(extensions, 'feature-names');
    refusals.field(
      'incompatible_features',
      'The image uses features nobody here knows',
      header.value('incompatible_features'),
      'only bits 0 to 4',
      unsupportedFeatures(unknown, names?.names ?? []),
    );
  }
  if (
    (header.value('incompatible_features') & INCOMPATIBLE.extendedL2) !== 0n &&
    clusterSize / 32 < 512
  )
    refusals.field(
      'cluster_bits',
      'Clusters are too small for extended L2 entries',
      clusterBits,
      'at least 14',
      `Unsupported subcluster size: ${clusterSize / 32}`,
    );
  if (header.number('refcount_order') > 6)
    refusals.field(
      'refcount_order',
      'Refcounts are too wide',
      header.value('refcount_order'),
      'at most 6',
      'Reference count entry width too large; may not exceed 64 bits',
    );
}

function checkCompression(header: Header, refusals: Refusals): void {
  const type = header.number('compression_type');
  const bit = (header.value('incompatible_features') & INCOMPATIBLE.compressionType) !== 0n;
  if (type > 1)
    refusals.field(
      'compression_type',
      'Unknown compression',
      type,
      '0 (zlib) or 1 (zstd)',
      `qcow2: unknown compression type: ${type}`,
    );
  else if (bit !== (type === 1))
    refusals.field(
      'incompatible_features',
      'The compression type bit contradicts the compression type',
      header.value('incompatible_features'),
      `bit 3 ${type === 1 ? 'set' : 'clear'} with compression type ${type}`,
      `qcow2: Compression type incompatible feature bit must ${type === 1 ? '' : 'not '}be set`,
    );
}

interface TableRule {
  readonly offset: FieldName;
  readonly count: FieldName;
  readonly entryBytes: number;
  readonly maxBytes: number;
  readonly name: string;
  readonly by: 'every opening' | 'opening but for a check';
}

/** QEMU's qcow2_validate_table. */
function checkTable(header: Header, geometry: Geometry, rule: TableRule, refusals: Refusals): void {
  const offset = header.value(rule.offset);
  const count = header.number(rule.count);
  const most = Math.floor(rule.maxBytes / rule.entryBytes);
  if (count > most) {
    refusals.field(
      rule.count,
      `${rule.name} is too large`,
      count,
      `at most ${most}`,
      `${rule.name} too large`,
      rule.by,
    );
    return;
  }
  if (
    offset % BigInt(geometry.clusterSize) !== 0n ||
    limits.INT64_MAX - BigInt(count * rule.entryBytes) < offset
  ) {
    refusals.field(
      rule.offset,
      `${rule.name} is misplaced`,
      offset,
      `a multiple of ${hex(geometry.clusterSize)} below 2^63`,
      `${rule.name} offset invalid`,
      rule.by,
    );
    return;
  }
  const end = offset + BigInt(count * rule.entryBytes);
  if (count > 0 && end > BigInt(geometry.fileSize))
    refusals.at(
      rule.offset,
      Number(offset),
      `${rule.name} reaches past the end of the file: it ends at ${hex(end)}, the file at ${hex(geometry.fileSize)}`,
      undefined,
    );
}

/** The rest of qcow2_do_open's tests, in its order, as far as snapshots and bitmaps. */
export function checkTables(
  source: ByteSource,
  header: Header,
  extensions: Extensions,
  geometry: Geometry,
  refusals: Refusals,
): ExtensionFacts & { readonly backingFile: string | undefined } {
  if (header.number('refcount_table_clusters') === 0)
    refusals.field(
      'refcount_table_clusters',
      'There is no refcount table',
      0,
      'at least 1',
      'Image does not contain a reference count table',
      'opening but for a check',
    );
  const table = (rule: TableRule) => {
    checkTable(header, geometry, rule, refusals);
  };
  table({
    offset: 'refcount_table_offset',
    count: 'refcount_table_clusters',
    entryBytes: geometry.clusterSize,
    maxBytes: limits.MAX_REFCOUNT_TABLE_BYTES,
    name: 'Reference count table',
    by: 'every opening',
  });
  table({
    offset: 'snapshots_offset',
    count: 'nb_snapshots',
    entryBytes: 40,
    maxBytes: 40 * limits.MAX_SNAPSHOTS,
    name: 'Snapshot table',
    by: 'opening but for a check',
  });
  table({
    offset: 'l1_table_offset',
    count: 'l1_size',
    entryBytes: 8,
    maxBytes: limits.MAX_L1_BYTES,
    name: 'Active L1 table',
    by: 'every opening',
  });
  if (geometry.l1DiskEntries > limits.MAX_CHECKED_CLUSTERS)
    refusals.field(
      'size',
      'The virtual disk is too large',
      header.value('size'),
      'at most 2^31 - 1 L1 entries',
      'Image is too big',
    );
  if (header.number('l1_size') < geometry.l1DiskEntries)
    refusals.field(
      'l1_size',
      'The L1 table is too small for the virtual disk',
      header.number('l1_size'),
      `at least ${geometry.l1DiskEntries}`,
      'L1 table is too small',
    );
  checkEncryption(header, refusals);
  const { crypto, warnings } = checkExtensions(header, extensions, geometry.clusterSize, refusals);
  if (geometry.externalData && !extensions.list.some((e) => e.type === 'data-file'))
    refusals.field(
      'incompatible_features',
      'An external data file without a name',
      header.value('incompatible_features'),
      'a data file extension with bit 2',
      "'data-file' is required for this image",
    );
  const autoclear = header.value('autoclear_features');
  if ((autoclear & AUTOCLEAR.rawExternalData) !== 0n && !geometry.externalData)
    refusals.field(
      'autoclear_features',
      'A raw external data file, but no external data file',
      autoclear,
      'bit 1 clear',
      'data-file-raw requires a data file',
    );
  checkCryptoHeader(header, crypto, refusals);
  const backingOffset = header.value('backing_file_offset');
  const backingSize = header.number('backing_file_size');
  if (backingOffset === 0n || backingOffset > BigInt(geometry.clusterSize))
    return { backingFile: undefined, crypto, warnings };
  const most = Math.min(limits.MAX_BACKING_NAME, geometry.clusterSize - Number(backingOffset));
  if (backingSize > most)
    refusals.field(
      'backing_file_size',
      'The backing file name is too long',
      backingSize,
      `at most ${most}`,
      'Backing file name too long',
    );
  const name = readBytes(source, Number(backingOffset), Math.min(backingSize, most));
  return { backingFile: textOf(name), crypto, warnings };
}

function checkEncryption(header: Header, refusals: Refusals): void {
  const method = header.number('crypt_method');
  if (method > LUKS)
    refusals.field(
      'crypt_method',
      'Unknown encryption',
      method,
      '0 (none), 1 (AES) or 2 (LUKS)',
      // QEMU prints it as a signed number.
      `Unsupported encryption method ${method | 0}`,
    );
}
