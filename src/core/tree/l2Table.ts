import { readBytes } from '../byteSource.js';
import { hex, hexWords, viewOf } from '../bytes.js';
import { maskedOffset } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { COPIED, compressedSpan, l2EntryKind } from '../qcow2/l2Entry.js';
import type { Geometry } from '../qcow2/geometry.js';
import { type Branch, type Children, indexOf } from './branch.js';
import { lineOf, misplaced, reservedBits } from './entryLines.js';
import { Listing } from './listing.js';
import { subclusterRuns, subclusterText, subclusterTrouble } from './subclusters.js';
import { plural } from '../numbers.js';
import { troubles } from './words.js';

/** Reserved bits of a standard entry: upper word, lower word; with subclusters bit 0 is one too. */
const RESERVED_HIGH = 0x3f000000;
const RESERVED_LOW = 0x000001fe;

/** An entry's words; the second pair are the subclusters, 0 without extended L2. */
interface Entry {
  readonly high: number;
  readonly low: number;
  /** Subclusters that read as zero, subclusters that are allocated. */
  readonly zero: number;
  readonly allocated: number;
}

/**
 * The entries of the L2 table at a host offset that are not zero.
 *
 * @param guest where the table's first cluster lies on the virtual disk, in bytes
 */
export function l2Entries(image: MappableImage, offset: number, guest: bigint): Children {
  const { geometry, source } = image;
  const { clusterSize, clusterBits, l2EntrySize, extendedL2 } = geometry;
  const view = viewOf(readBytes(source, offset, clusterSize));
  const entryAt = (index: number): Entry => {
    const at = index * l2EntrySize;
    return {
      high: view.getUint32(at),
      low: view.getUint32(at + 4),
      zero: extendedL2 ? view.getUint32(at + 8) : 0,
      allocated: extendedL2 ? view.getUint32(at + 12) : 0,
    };
  };
  const isSet = ({ high, low, zero, allocated }: Entry): boolean =>
    (high | low | zero | allocated) !== 0;
  const listing = new Listing((from) => {
    for (let index = from; index < geometry.l2Entries; index++)
      if (isSet(entryAt(index))) return index;
    return -1;
  });
  const line = (index: number): Branch => {
    const entry = entryAt(index);
    const { high, low, zero, allocated } = entry;
    return {
      key: String(index),
      label: String(index),
      raw: digits(high, low) + (extendedL2 ? digits(zero, allocated) : ''),
      offset: offset + index * l2EntrySize,
      size: l2EntrySize,
      ...tell(geometry, entry, guest + (BigInt(index) << BigInt(clusterBits))),
    };
  };
  return {
    total: listing.total,
    page: (from, count) => listing.page(from, count).map(line),
    find: (key) => {
      const index = indexOf(key, geometry.l2Entries);
      return index === undefined || !isSet(entryAt(index)) ? undefined : line(index);
    },
    position: (key) => lineOf(listing, indexOf(key, geometry.l2Entries)),
    positionAt: (at) => listing.lineOf(Math.floor((at - offset) / l2EntrySize)),
  };
}

type Meaning = Pick<Branch, 'value' | 'target' | 'trouble' | 'open'>;

function tell(geometry: Geometry, entry: Entry, guest: bigint): Meaning {
  const kind = l2EntryKind(entry.high, entry.low, geometry);
  return kind === 'compressed'
    ? tellCompressed(geometry, entry, guest)
    : tellStandard(geometry, entry, guest, kind.replace('-', ' '));
}

function tellCompressed(
  geometry: Geometry,
  { high, low, zero, allocated }: Entry,
  guest: bigint,
): Meaning {
  const { offset, length } = compressedSpan(high, low, geometry);
  return {
    value: `compressed · guest ${hex(guest)} · ${plural(length, 'byte')} at most`,
    target: offset,
    trouble: troubles(
      offset + length > geometry.fileSize && 'past the end of the file',
      (high & COPIED) !== 0 && 'compressed, yet marked as copied',
      geometry.externalData && 'compressed, in an image with an external data file',
      (zero | allocated) !== 0 && 'compressed, yet with subclusters',
    ),
  };
}

function tellStandard(geometry: Geometry, entry: Entry, guest: bigint, kind: string): Meaning {
  const { high, low, zero, allocated } = entry;
  const offset = maskedOffset(high, low);
  const says = [
    kind,
    `guest ${hex(guest)}`,
    ...(geometry.extendedL2 ? [subclusterText(zero, allocated)] : []),
    ...(geometry.externalData && kind === 'normal' ? [`data file ${hex(offset)}`] : []),
    ...((high & COPIED) === 0 ? [] : ['copied']),
  ];
  const inFile = offset !== 0 && !geometry.externalData;
  return {
    value: says.join(' · '),
    target: inFile ? offset : undefined,
    trouble: troubles(
      reservedBits(high & RESERVED_HIGH, low & (RESERVED_LOW | (geometry.extendedL2 ? 1 : 0))),
      inFile ? misplaced(offset, geometry) : undefined,
      geometry.extendedL2 && subclusterTrouble(zero, allocated, offset !== 0),
    ),
    open: geometry.extendedL2 ? () => subclusterRuns(geometry, zero, allocated) : undefined,
  };
}

const digits = (high: number, low: number): string => hexWords(high, low).padStart(16, '0');
