import type { ClusterDetail } from '../../../src/core/inspect/inspection.js';
import { count } from '../../text/text.js';
import { type HostOffset, hostOffset } from '../../../src/core/units.js';

/** What bytes of a table say: an entry of it, and where that points. */
export interface PeekField {
  /** `[24]`, or the words of what is no entry. */
  readonly name: string;
  readonly target: HostOffset | undefined;
  /** `compressed`, `zeros`, a refcount. */
  readonly text: string | undefined;
}

/** What the fields go by, of the image. */
export interface EntrySizes {
  readonly extendedL2: boolean;
  readonly refcountBits: number;
  readonly clusterSize: number;
}

const ENTRY = 8;
const EXTENDED_ENTRY = 16;
/** Where entries of L1 and L2 tables have their offset, and the flags beside it. */
const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;
const READS_AS_ZEROS = 1n;

/** The fields in a row of the cluster, which begins `from` bytes into it; none of what is no table. */
export function fieldsOf(
  { kinds, owners }: Pick<ClusterDetail, 'kinds' | 'owners'>,
  row: Uint8Array,
  from: number,
  sizes: EntrySizes,
): PeekField[] {
  // What holds two kinds of things at once can be read as neither.
  if (kinds.length !== 1) return [];
  switch (kinds[0]) {
    case 'active-l2':
    case 'inactive-l2':
      return entries(row, sizes.extendedL2 ? EXTENDED_ENTRY : ENTRY, (at, value) => ({
        name: `[${count((from + at) / (sizes.extendedL2 ? EXTENDED_ENTRY : ENTRY))}]`,
        ...l2Entry(value),
      }));
    // Such a table may have begun clusters before: its entries are told without their numbers.
    case 'active-l1':
    case 'inactive-l1':
    case 'refcount-table':
      return entries(row, ENTRY, (_, value) => ({ name: '', ...pointer(value) }));
    case 'refcount-block': {
      const owner = owners.find(({ type }) => type === 'refcount-block');
      return owner?.type === 'refcount-block' ? refcounts(row, from, owner.index, sizes) : [];
    }
    default:
      return [];
  }
}

type Told = Omit<PeekField, 'name'>;

function entries(
  row: Uint8Array,
  size: number,
  told: (at: number, value: bigint) => PeekField,
): PeekField[] {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const fields: PeekField[] = [];
  for (let at = 0; at + size <= row.length; at += size)
    fields.push(told(at, view.getBigUint64(at)));
  return fields;
}

function pointer(value: bigint): Told {
  const offset = value & OFFSET;
  return offset === 0n
    ? { target: undefined, text: 'none' }
    : { target: hostOffset(Number(offset)), text: undefined };
}

function l2Entry(value: bigint): Told {
  if ((value & COMPRESSED) !== 0n) return { target: undefined, text: 'compressed' };
  const { target, text } = pointer(value);
  return (value & READS_AS_ZEROS) !== 0n ? { target, text: 'zeros' } : { target, text };
}

/** Whole bytes each; smaller ones are not told apart. */
function refcounts(
  row: Uint8Array,
  from: number,
  block: number,
  { refcountBits, clusterSize }: EntrySizes,
): PeekField[] {
  if (refcountBits < 8) return [];
  const bytes = refcountBits / 8;
  const first = block * (clusterSize / bytes) + from / bytes;
  return Array.from({ length: Math.floor(row.length / bytes) }, (_, i) => {
    let value = 0n;
    for (const byte of row.subarray(i * bytes, (i + 1) * bytes))
      value = (value << 8n) | BigInt(byte);
    return { name: `[${count(first + i)}]`, target: undefined, text: String(value) };
  });
}
