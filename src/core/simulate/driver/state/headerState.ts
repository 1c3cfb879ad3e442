import { readBytes } from '../../../byteSource.js';
import { upToNul, viewOf } from '../../../bytes.js';
import { INCOMPATIBLE } from '../../../qcow2/features.js';
import { EXTENSION_TYPE, type Extension } from '../../../qcow2/extensions.js';
import type { MappableImage } from '../../../qcow2/image.js';

/** Bytes of a header that QEMU writes, by version. */
const HEADER_BYTES = { 2: 72, 3: 112 } as const;

/** Kind, bit and name of each feature in the table that QEMU writes. */
const FEATURES: readonly (readonly [number, number, string])[] = [
  [0, 0, 'dirty bit'],
  [0, 1, 'corrupt bit'],
  [0, 2, 'external data file'],
  [0, 3, 'compression type'],
  [0, 4, 'extended L2 entries'],
  [1, 0, 'lazy refcounts'],
  [2, 0, 'bitmaps'],
  [2, 1, 'raw external data'],
];
const FEATURE_BYTES = 48;
/** QEMU leaves the table out when less is left of the cluster. */
const FEATURE_TABLE_ROOM = 4096;

/** What the driver keeps of the header, and how it writes it anew (qcow2_update_header). */
export class HeaderState {
  incompatible: bigint;
  autoclear: bigint;
  l1: { readonly offset: number; readonly entries: number };
  refcountTable: { readonly offset: number; readonly clusters: number };
  snapshots: { readonly offset: number; readonly count: number };
  /** Undefined when there are none that count. */
  bitmaps: { readonly count: number; readonly offset: number; readonly size: number } | undefined;
  readonly compatible: bigint;
  readonly #image: MappableImage;

  constructor(image: MappableImage) {
    const { header } = image;
    this.#image = image;
    this.incompatible = header.value('incompatible_features');
    this.compatible = header.value('compatible_features');
    this.autoclear = header.value('autoclear_features');
    this.l1 = { offset: image.l1.offset, entries: header.number('l1_size') };
    this.refcountTable = {
      offset: image.refcountTable.offset,
      clusters: header.number('refcount_table_clusters'),
    };
    this.bitmaps = image.bitmaps && {
      count: image.bitmaps.bitmaps.length,
      offset: image.bitmaps.offset,
      size: image.bitmaps.size,
    };
    this.snapshots = { offset: image.snapshotsOffset, count: header.number('nb_snapshots') };
  }

  /** The first cluster as QEMU writes it; undefined when it has no room for everything. */
  encode(): Uint8Array | undefined {
    const { geometry, source, extensions } = this.#image;
    const { header } = this.#image;
    const known = HEADER_BYTES[geometry.version];
    const extra = geometry.version === 2 ? 0 : Math.max(0, header.number('header_length') - known);
    const out = new Cursor(geometry.clusterSize);
    const view = viewOf(out.bytes);
    out.skip(known);
    out.put(readBytes(source, known, Math.min(extra, geometry.clusterSize)));
    this.#extensions(out, extensions.list);
    const backing = header.value('backing_file_offset');
    if (backing !== 0n) {
      const size = header.number('backing_file_size');
      const name = upToNul(
        readBytes(source, Number(backing), Math.min(size, geometry.clusterSize)),
      );
      view.setBigUint64(8, BigInt(out.at));
      view.setUint32(16, name.length);
      out.put(name);
    }
    view.setUint32(0, header.number('magic'));
    view.setUint32(4, geometry.version);
    view.setUint32(20, geometry.clusterBits);
    view.setBigUint64(24, geometry.virtualSize);
    view.setUint32(32, header.number('crypt_method'));
    view.setUint32(36, this.l1.entries);
    view.setBigUint64(40, BigInt(this.l1.offset));
    view.setBigUint64(48, BigInt(this.refcountTable.offset));
    view.setUint32(56, this.refcountTable.clusters);
    view.setUint32(60, this.snapshots.count);
    view.setBigUint64(64, BigInt(this.snapshots.offset));
    if (geometry.version === 3) {
      view.setBigUint64(72, this.incompatible);
      view.setBigUint64(80, this.compatible);
      view.setBigUint64(88, this.autoclear);
      view.setUint32(96, header.number('refcount_order'));
      view.setUint32(100, known + extra);
      view.setUint8(104, header.number('compression_type'));
    }
    return out.full ? undefined : out.bytes;
  }

  #extensions(out: Cursor, list: readonly Extension[]): void {
    const { source, geometry } = this.#image;
    const raw = (e: Extension): Uint8Array => readBytes(source, e.offset, e.length);
    const last = (type: Extension['type']): Extension | undefined =>
      list.findLast((e) => e.type === type);
    const format = last('backing-format');
    if (format) out.extension(EXTENSION_TYPE.backingFormat, upToNul(raw(format)));
    const dataFile = last('data-file');
    if (dataFile && (this.incompatible & INCOMPATIBLE.externalDataFile) !== 0n)
      out.extension(EXTENSION_TYPE.dataFile, upToNul(raw(dataFile)));
    const crypto = last('crypto');
    if (crypto) out.extension(EXTENSION_TYPE.crypto, raw(crypto));
    if (geometry.version === 3 && out.left >= FEATURE_TABLE_ROOM)
      out.extension(EXTENSION_TYPE.featureNames, featureTable());
    if (this.bitmaps) out.extension(EXTENSION_TYPE.bitmaps, bitmapsExtension(this.bitmaps));
    for (const e of list.toReversed()) if (e.type === 'unknown') out.extension(e.magic, e.data);
    out.extension(EXTENSION_TYPE.end, new Uint8Array(0));
  }
}

/** Fills a buffer from its start on. */
class Cursor {
  readonly bytes: Uint8Array;
  at = 0;
  /** Something did not fit. */
  full = false;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  skip(length: number): void {
    this.at += length;
  }

  put(bytes: Uint8Array): void {
    if (this.full || bytes.length > this.bytes.length - this.at) this.full = true;
    else this.bytes.set(bytes, this.at);
    this.skip(bytes.length);
  }

  extension(magic: number, data: Uint8Array): void {
    const padded = new Uint8Array(8 + Math.ceil(data.length / 8) * 8);
    viewOf(padded).setUint32(0, magic);
    viewOf(padded).setUint32(4, data.length);
    padded.set(data, 8);
    this.put(padded);
  }
}

function bitmapsExtension({
  count,
  offset,
  size,
}: NonNullable<HeaderState['bitmaps']>): Uint8Array {
  const data = new Uint8Array(24);
  viewOf(data).setUint32(0, count);
  viewOf(data).setBigUint64(8, BigInt(size));
  viewOf(data).setBigUint64(16, BigInt(offset));
  return data;
}

function featureTable(): Uint8Array {
  const table = new Uint8Array(FEATURES.length * FEATURE_BYTES);
  FEATURES.forEach(([kind, bit, name], row) => {
    table[row * FEATURE_BYTES] = kind;
    table[row * FEATURE_BYTES + 1] = bit;
    table.set(new TextEncoder().encode(name), row * FEATURE_BYTES + 2);
  });
  return table;
}
