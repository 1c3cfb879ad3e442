import { Bytes, byteLength, roundUp } from './bigEndian.js';

export interface HeaderFields {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly clusterSize: number;
  readonly virtualSize: number;
  readonly cryptMethod: number;
  readonly l1Size: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  readonly snapshots: number;
  readonly snapshotsOffset: number;
  readonly incompatible: number;
  readonly compatible: number;
  readonly autoclear: number;
  readonly refcountOrder: number;
  readonly compressionType: number;
  readonly backingName: string | undefined;
  readonly extensions: readonly Extension[];
}

export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

export const EXTENSION = {
  end: 0,
  backingFormat: 0xe2792aca,
  featureNames: 0x6803f857,
  bitmaps: 0x23852875,
  crypto: 0x0537be77,
  dataFile: 0x44415441,
} as const;

const FEATURE_NAMES = [
  [0, 0, 'dirty bit'],
  [0, 1, 'corrupt bit'],
  [0, 2, 'external data file'],
  [0, 3, 'compression type'],
  [0, 4, 'extended L2 entries'],
  [1, 0, 'lazy refcounts'],
  [2, 0, 'bitmaps'],
  [2, 1, 'raw external data'],
] as const;

/** The table of names that lets an older program tell which feature it lacks. */
export function featureNames(): Extension {
  const table = new Bytes(FEATURE_NAMES.length * 48);
  FEATURE_NAMES.forEach(([kind, bit, name], row) => {
    table
      .u8(row * 48, kind)
      .u8(row * 48 + 1, bit)
      .text(row * 48 + 2, name);
  });
  return { type: EXTENSION.featureNames, data: table.bytes };
}

export function textExtension(type: number, text: string): Extension {
  return { type, data: new TextEncoder().encode(text) };
}

/** Bytes from the header on: header, extensions, backing name. Throws when a cluster cannot hold them. */
export function encodeHeader(fields: HeaderFields): Uint8Array {
  const headerLength = fields.version === 2 ? 72 : 112;
  const extensionsLength = fields.extensions.reduce(
    (sum, extension) => sum + 8 + roundUp(extension.data.length, 8),
    8,
  );
  const nameOffset = headerLength + extensionsLength;
  const length = nameOffset + byteLength(fields.backingName ?? '');
  if (length > fields.clusterSize) throw new Error('the header does not fit its cluster');

  const out = new Bytes(length);
  out.text(0, 'QFI').u8(3, 0xfb).u32(4, fields.version);
  if (fields.backingName !== undefined) {
    out.u64(8, nameOffset).u32(16, byteLength(fields.backingName));
    out.text(nameOffset, fields.backingName);
  }
  out.u32(20, fields.clusterBits).u64(24, fields.virtualSize).u32(32, fields.cryptMethod);
  out.u32(36, fields.l1Size).u64(40, fields.l1Offset);
  out.u64(48, fields.refcountTableOffset).u32(56, fields.refcountTableClusters);
  out.u32(60, fields.snapshots).u64(64, fields.snapshotsOffset);
  if (fields.version === 3) {
    out.u64(72, fields.incompatible).u64(80, fields.compatible).u64(88, fields.autoclear);
    out.u32(96, fields.refcountOrder).u32(100, headerLength).u8(104, fields.compressionType);
  }
  let at = headerLength;
  for (const extension of [...fields.extensions, { type: EXTENSION.end, data: new Uint8Array() }]) {
    out.u32(at, extension.type).u32(at + 4, extension.data.length);
    out.bytes.set(extension.data, at + 8);
    at += 8 + roundUp(extension.data.length, 8);
  }
  return out.bytes;
}
