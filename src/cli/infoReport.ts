import type { ByteSource } from '../core/byteSource.js';
import { hex, hexBytes } from '../core/bytes.js';
import type { Extension } from '../core/qcow2/extensions.js';
import { type FeatureKind, featureNames } from '../core/qcow2/features.js';
import { type Image, openImage } from '../core/qcow2/image.js';

const FEATURE_FIELDS: readonly (readonly [FeatureKind, `${FeatureKind}_features`])[] = [
  ['incompatible', 'incompatible_features'],
  ['compatible', 'compatible_features'],
  ['autoclear', 'autoclear_features'],
];

/** A 64-bit value that JSON readers take exactly: a number up to 2^53, above that a string. */
const exact = (value: bigint): number | string =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();

function extensionJson(extension: Extension): object {
  const { offset, length } = extension;
  switch (extension.type) {
    case 'bitmaps':
      return {
        offset,
        length,
        type: extension.type,
        count: extension.count,
        'directory-offset': exact(extension.directoryOffset),
        'directory-size': exact(extension.directorySize),
      };
    case 'crypto':
      return {
        offset,
        length,
        type: extension.type,
        'header-offset': exact(extension.headerOffset),
        'header-length': exact(extension.headerLength),
      };
    case 'feature-names':
      return { offset, length, type: extension.type, names: extension.names };
    case 'unknown':
      return {
        offset,
        length,
        type: extension.type,
        magic: hex(extension.magic),
        data: hexBytes(extension.data),
      };
    case 'backing-format':
    case 'data-file':
      return { offset, length, type: extension.type, name: extension.name };
  }
}

/** Everything the header and its top-level tables say, with byte offsets. */
export function infoJson(source: ByteSource, filename: string): object {
  const image = openImage(source);
  return {
    filename,
    'file-size': source.size,
    header: image.header.fields.map(({ name, offset, size, value }) => ({
      name,
      offset,
      size,
      value: exact(value),
      hex: hex(value),
    })),
    features: Object.fromEntries(
      FEATURE_FIELDS.map(([kind, field]) => [kind, featuresOf(image, kind, field)]),
    ),
    'backing-file': image.backingFile,
    'data-file': image.dataFile,
    extensions: image.extensions.list.map(extensionJson),
    snapshots: image.snapshotTable.snapshots.map((s) => ({
      offset: s.offset,
      id: s.id,
      name: s.name,
      'l1-offset': exact(s.l1Offset),
      'l1-size': s.l1Size,
      'date-sec': s.seconds,
      'date-nsec': s.nanoseconds,
      'vm-clock-nsec': exact(s.guestClock),
      'vm-state-size': exact(s.vmStateSize),
      'disk-size': s.diskSize === undefined ? undefined : exact(s.diskSize),
      icount: s.icount === undefined ? undefined : exact(s.icount),
      'extra-data-size': s.extraDataSize,
    })),
    bitmaps: (image.bitmaps?.bitmaps ?? []).map((b) => ({
      offset: b.offset,
      name: b.name,
      'table-offset': exact(b.tableOffset),
      'table-size': b.tableSize,
      granularity: 2 ** b.granularityBits,
      'in-use': b.inUse,
      auto: b.auto,
      type: b.type,
    })),
    problems: image.problems,
    refusal: image.refusal.open,
  };
}

function featuresOf(image: Image, kind: FeatureKind, field: `${FeatureKind}_features`): string[] {
  const table = image.extensions.list.findLast((e) => e.type === 'feature-names');
  return featureNames(
    kind,
    image.header.value(field),
    table?.type === 'feature-names' ? table.names : [],
  );
}

/** The same as a short text for people. */
export function infoText(source: ByteSource, filename: string): string {
  const image = openImage(source);
  const lines = [`${filename}: ${source.size} bytes`, ''];
  for (const { name, offset, size, value } of image.header.fields)
    lines.push(
      `${hex(offset).padStart(6)}  ${name.padEnd(24)} ${size <= 1 || name === 'version' ? value : `${value} (${hex(value)})`}`,
    );
  for (const [kind, field] of FEATURE_FIELDS) {
    const names = featuresOf(image, kind, field);
    if (names.length > 0) lines.push(`        ${kind}: ${names.join(', ')}`);
  }
  if (image.backingFile !== undefined) lines.push('', `backing file: ${image.backingFile}`);
  if (image.dataFile !== undefined) lines.push('', `data file: ${image.dataFile}`);
  if (image.extensions.list.length > 0) lines.push('', 'extensions');
  for (const e of image.extensions.list)
    lines.push(`${hex(e.offset).padStart(6)}  ${e.type}, ${e.length} bytes`);
  if (image.snapshotTable.snapshots.length > 0) lines.push('', 'snapshots');
  for (const s of image.snapshotTable.snapshots)
    lines.push(
      `${hex(s.offset).padStart(6)}  ${s.id} '${s.name}', L1 table of ${s.l1Size} entries at ${hex(s.l1Offset)}`,
    );
  if (image.bitmaps && image.bitmaps.bitmaps.length > 0) lines.push('', 'bitmaps');
  for (const b of image.bitmaps?.bitmaps ?? [])
    lines.push(
      `${hex(b.offset).padStart(6)}  '${b.name}', granularity ${2 ** b.granularityBits}, table of ${b.tableSize} entries at ${hex(b.tableOffset)}${b.inUse ? ', in use' : ''}`,
    );
  if (image.problems.length > 0) lines.push('', 'problems');
  for (const problem of image.problems) {
    lines.push(`  ${problem.message}`);
    if (problem.refusal !== undefined) lines.push(`    QEMU refuses: ${problem.refusal}`);
  }
  return lines.join('\n') + '\n';
}
