import { type ByteSource, readBytes } from '../byteSource.js';
import { hex, textOf, viewOf } from '../bytes.js';
import type { FeatureKind, FeatureName } from './features.js';

/** Where the LUKS header lies, in bytes (specification, "Full disk encryption header pointer"). */
export interface CryptoHeader {
  readonly offset: bigint;
  readonly length: bigint;
}

/** Magic numbers of the header extensions. */
export const EXTENSION_TYPE = {
  end: 0,
  backingFormat: 0xe2792aca,
  featureNames: 0x6803f857,
  bitmaps: 0x23852875,
  crypto: 0x0537be77,
  dataFile: 0x44415441,
} as const;

interface At {
  /** Host offset of the extension's data in bytes. */
  readonly offset: number;
  readonly length: number;
}

/** A header extension (specification, "Header extensions"). */
export type Extension =
  | (At & { readonly type: 'backing-format'; readonly name: string })
  | (At & {
      readonly type: 'feature-names';
      readonly names: readonly FeatureName[];
    })
  | (At & {
      readonly type: 'bitmaps';
      readonly count: number;
      readonly reserved: number;
      readonly directorySize: bigint;
      readonly directoryOffset: bigint;
    })
  | (At & {
      readonly type: 'crypto';
      readonly headerOffset: bigint;
      readonly headerLength: bigint;
    })
  | (At & { readonly type: 'data-file'; readonly name: string })
  | (At & {
      readonly type: 'unknown';
      readonly magic: number;
      readonly data: Uint8Array;
    });

export interface Extensions {
  readonly list: readonly Extension[];
  /** Why the list ends early, if it does: an extension that reaches past `end`. */
  readonly broken: { readonly offset: number; readonly message: string } | undefined;
}

const KINDS: readonly FeatureKind[] = ['incompatible', 'compatible', 'autoclear'];
const NAME_ROW = 48;
/** The data of an extension without any: a hostile header may have 262,000 of those. */
const NO_BYTES = new Uint8Array(0);

function parse(type: number, bytes: Uint8Array, at: At): Extension {
  if (type === EXTENSION_TYPE.backingFormat)
    return { ...at, type: 'backing-format', name: textOf(bytes) };
  if (type === EXTENSION_TYPE.dataFile) return { ...at, type: 'data-file', name: textOf(bytes) };
  if (type === EXTENSION_TYPE.featureNames) {
    const names: FeatureName[] = [];
    for (let row = 0; row + NAME_ROW <= bytes.length; row += NAME_ROW)
      names.push({
        kind: KINDS[bytes[row]],
        bit: bytes[row + 1],
        name: textOf(bytes.subarray(row + 2, row + NAME_ROW)),
      });
    return { ...at, type: 'feature-names', names };
  }
  if (type === EXTENSION_TYPE.bitmaps && bytes.length === 24) {
    const view = viewOf(bytes);
    return {
      ...at,
      type: 'bitmaps',
      count: view.getUint32(0),
      reserved: view.getUint32(4),
      directorySize: view.getBigUint64(8),
      directoryOffset: view.getBigUint64(16),
    };
  }
  if (type === EXTENSION_TYPE.crypto && bytes.length === 16) {
    const view = viewOf(bytes);
    return {
      ...at,
      type: 'crypto',
      headerOffset: view.getBigUint64(0),
      headerLength: view.getBigUint64(8),
    };
  }
  return { ...at, type: 'unknown', magic: type, data: bytes };
}

/** The type word of an extension of a known type whose length is not what the format says. */
export const MISSIZED = { bitmaps: EXTENSION_TYPE.bitmaps, crypto: EXTENSION_TYPE.crypto } as const;

/** Reads the extensions that lie in [start, end), both within the first cluster. */
export function readExtensions(source: ByteSource, start: number, end: number): Extensions {
  const list: Extension[] = [];
  const area = readBytes(source, start, Math.max(0, end - start) + 8);
  const view = viewOf(area);
  let offset = start;
  while (offset < end) {
    const type = view.getUint32(offset - start);
    const length = view.getUint32(offset - start + 4);
    const data = offset + 8;
    if (data > end || length > end - data)
      return {
        list,
        broken: {
          offset,
          message:
            `Header extension ${hex(type)} is too long: found ${length} bytes, ` +
            `expected at most ${Math.max(0, end - data)}`,
        },
      };
    if (type === EXTENSION_TYPE.end) break;
    const bytes = length === 0 ? NO_BYTES : area.slice(data - start, data - start + length);
    list.push(parse(type, bytes, { offset: data, length }));
    offset = data + Math.ceil(length / 8) * 8;
  }
  return { list, broken: undefined };
}

/** The extension of a type. The last one counts, as for QEMU, which overwrites what an earlier one said. */
export function findExtension<T extends Extension['type']>(
  { list }: Extensions,
  type: T,
): Extract<Extension, { type: T }> | undefined {
  return list.findLast((e): e is Extract<Extension, { type: T }> => e.type === type);
}
