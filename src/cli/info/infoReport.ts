import { hex, hexBytes } from '../../core/bytes.js';
import type { Extension } from '../../core/qcow2/extensions.js';
import { foreignAdvice, foreignFormat } from '../../core/qcow2/foreignFormat.js';
import type { Image } from '../../core/qcow2/image.js';
import type { Snapshot } from '../../core/qcow2/snapshotTable.js';
import { FEATURE_FIELDS, featuresOf } from './features.js';
import { Elements } from '../frame/pieces.js';
import { qemuInfo } from './qemuInfo.js';

/** A snapshot without an instruction count. */
const NO_ICOUNT = 2n ** 64n - 1n;

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

/** What `qemu-img info` says of a snapshot, and where the rest of it lies. */
function snapshotJson(s: Snapshot): object {
  return {
    offset: s.offset,
    id: s.id,
    name: s.name,
    'date-sec': s.seconds,
    'date-nsec': s.nanoseconds,
    'vm-clock-sec': exact(s.guestClock / 1_000_000_000n),
    'vm-clock-nsec': exact(s.guestClock % 1_000_000_000n),
    'vm-state-size': exact(s.vmStateSize),
    icount: s.icount === undefined || s.icount === NO_ICOUNT ? undefined : exact(s.icount),
    'disk-size': s.diskSize === undefined ? undefined : exact(s.diskSize),
    'l1-offset': exact(s.l1Offset),
    'l1-size': s.l1Size,
    'extra-data-size': s.extraDataSize,
  };
}

/**
 * Everything the header and its top-level tables say: the document of `qemu-img info`, and the
 * byte offset of every field.
 */
export function infoJson(image: Image, filename: string): object {
  const { snapshots } = image.snapshotTable;
  return {
    ...qemuInfo(image, filename),
    'file-size': image.source.size,
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
    extensions: new Elements(image.extensions.list, extensionJson),
    snapshots: snapshots.length > 0 ? new Elements(snapshots, snapshotJson) : undefined,
    bitmaps: new Elements(image.bitmaps?.bitmaps ?? [], (b) => ({
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

/** What there is to say of a file that is no qcow2 image. */
export function foreignJson({ source, problems, refusal }: Image, filename: string): object {
  const found = foreignFormat(source);
  return {
    filename,
    'file-size': source.size,
    'found-format': found && {
      name: found.name,
      title: found.title,
      advice: foreignAdvice(found),
    },
    problems,
    refusal: refusal.open,
  };
}
