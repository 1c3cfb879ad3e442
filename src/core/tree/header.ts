import { hex } from '../bytes.js';
import {
  AUTOCLEAR,
  type FeatureKind,
  type FeatureName,
  featureNames,
  KNOWN_INCOMPATIBLE,
} from '../qcow2/features.js';
import { type FieldName, MAGIC } from '../qcow2/header.js';
import type { Image } from '../qcow2/image.js';
import { MAX_BACKING_NAME } from '../qcow2/limits.js';
import type { Branch } from './branch.js';
import {
  bitChildren,
  bytesField,
  numberField,
  pointer,
  textField,
  type FieldMeaning,
  zeros,
} from './fields.js';
import { countText, exactSizeText, plural } from '../numbers.js';
import { troubles } from './words.js';

const PADDING = 105;
const UNKNOWN = 112;
const V2_BYTES = 72;

const CRYPT_METHODS = ['none', 'AES (legacy)', 'LUKS'];
const COMPRESSION_TYPES = ['deflate (zlib)', 'zstd'];

/** The header's fields, what lies between them, and the backing file's name. */
export function headerFields(image: Image): Branch[] {
  const { header, source } = image;
  if (image.foreign)
    return header.fields.slice(0, 2).map((field) => headerField(image, field.name));
  const fields = header.fields.map(({ name }) => headerField(image, name));
  const end = Math.min(headerBytes(image), source.size);
  if (end > PADDING) {
    const padding = bytesField(source, 'padding', PADDING, Math.min(end, UNKNOWN) - PADDING);
    fields.push({ ...padding, trouble: zeros(padding.raw) ? undefined : 'not zero' });
  }
  if (end > UNKNOWN) fields.push(bytesField(source, 'unknown', UNKNOWN, end - UNKNOWN));
  const name = backingName(image);
  return name ? [...fields, name] : fields;
}

/** Bytes of the header, within the first cluster. */
export function headerBytes(image: Image): number {
  const { header, geometry } = image;
  if (image.foreign || header.number('version') === 2) return V2_BYTES;
  return Math.min(header.number('header_length'), geometry?.clusterSize ?? UNKNOWN);
}

function headerField(image: Image, name: FieldName): Branch {
  const { header, source } = image;
  const { offset, size } = header.fields.find((field) => field.name === name) ?? {
    offset: 0,
    size: 4,
  };
  const field = numberField(source, name, offset, size, (value) => tell(image, name, value));
  const problem = image.problems.find((each) => each.field === name)?.message;
  return { ...field, trouble: troubles(problem, field.trouble) };
}

function tell(image: Image, name: FieldName, value: bigint): FieldMeaning | string {
  switch (name) {
    case 'magic':
      return value === BigInt(MAGIC) ? 'QFI\\xfb: a qcow2 image' : hex(value);
    case 'version':
    case 'nb_snapshots':
      return countText(value);
    case 'backing_file_offset':
      return value === 0n ? 'no backing file' : place(value);
    case 'backing_file_size':
      return exactSizeText(value);
    case 'cluster_bits':
      return value < 64n ? `${value}: clusters of ${exactSizeText(1n << value)}` : String(value);
    case 'size':
      return exactSizeText(value);
    case 'crypt_method':
      return named(value, CRYPT_METHODS);
    case 'l1_size':
      return plural(value, 'entry', 'entries');
    case 'l1_table_offset':
    case 'refcount_table_offset':
      return place(value);
    case 'snapshots_offset':
      return value === 0n ? 'no snapshot table' : place(value);
    case 'refcount_table_clusters':
      return image.geometry
        ? `${plural(value, 'cluster')}, ${plural((value * BigInt(image.geometry.clusterSize)) / 8n, 'entry', 'entries')}`
        : plural(value, 'cluster');
    case 'incompatible_features':
      return features(image, 'incompatible', value);
    case 'compatible_features':
      return features(image, 'compatible', value);
    case 'autoclear_features':
      return features(image, 'autoclear', value);
    case 'refcount_order':
      return value <= 6n ? `${value}: refcounts of ${plural(1n << value, 'bit')}` : String(value);
    case 'header_length':
      return exactSizeText(value);
    case 'compression_type':
      return named(value, COMPRESSION_TYPES);
  }
}

const place = (value: bigint): FieldMeaning => ({ value: hex(value), target: pointer(value) });

const named = (value: bigint, names: readonly string[]): string =>
  `${value}: ${names[Number(value)] ?? 'unknown'}`;

const KNOWN: Readonly<Record<FeatureKind, bigint>> = {
  incompatible: KNOWN_INCOMPATIBLE,
  compatible: 1n,
  autoclear: AUTOCLEAR.bitmaps | AUTOCLEAR.rawExternalData,
};

function features(image: Image, kind: FeatureKind, bits: bigint): FieldMeaning {
  const table: readonly FeatureName[] = image.extensions.list.flatMap((e) =>
    e.type === 'feature-names' ? e.names : [],
  );
  const unknown = bits & ~KNOWN[kind];
  return {
    value: bits === 0n ? 'none' : featureNames(kind, bits, table).join(', '),
    trouble: unknown === 0n ? undefined : `bits ${hex(unknown)} are not known here`,
    open: bitChildren(bits, (bit) => ({
      value: featureNames(kind, 1n << BigInt(bit), table)[0],
      trouble: ((unknown >> BigInt(bit)) & 1n) === 1n ? 'not known here' : undefined,
    })),
  };
}

function backingName({ header, geometry, source }: Image): Branch | undefined {
  const offset = header.value('backing_file_offset');
  if (!geometry || offset === 0n || offset >= BigInt(geometry.clusterSize)) return undefined;
  const size = Math.min(
    header.number('backing_file_size'),
    MAX_BACKING_NAME,
    geometry.clusterSize - Number(offset),
  );
  return textField(source, 'backing_file_name', Number(offset), size);
}
