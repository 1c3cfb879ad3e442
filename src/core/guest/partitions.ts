import { viewOf } from '../bytes.js';
import type { MappableImage } from '../qcow2/image.js';
import { guestBytes } from './guestBytes.js';

/** A partition of a guest's disk, as its partition table has it. */
export interface Partition {
  /** As Linux counts them: of an MBR 1 to 4, and from 5 on those in the extended one. */
  readonly number: number;
  /** Guest offset and length, bytes. */
  readonly start: number;
  readonly length: number;
  /** Of a GPT; '' of an MBR. Hostile text. */
  readonly name: string;
}

const SECTOR = 512;
const ENTRIES_AT = 446;
const ENTRY = 16;
const PRIMARY = 4;
const GPT_PROTECTIVE = 0xee;
const EXTENDED: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);
/** "EFI PART", UEFI 2.10, 5.3.2. */
const GPT_SIGNATURE = 0x4546492050415254n;
const GPT_ENTRY = 128;
const NAME_AT = 56;
/** Entries that a GPT usually has room for; no more are read. */
const MAX_ENTRIES = 128;
/** Partitions within an extended one. */
const MAX_LOGICAL = 64;
/** A disk of 512-byte sectors, and one of 4 KiB. */
const GPT_SECTORS = [512, 4096] as const;

/** The partitions of the active disk, as far as they can be read from this file. Throws on I/O errors. */
export function readPartitions(image: MappableImage): Partition[] {
  const mbr = sector(image, 0);
  if (!mbr) return [];
  const entries = mbrEntries(mbr);
  const found = entries.some(({ type }) => type === GPT_PROTECTIVE)
    ? gpt(image)
    : entries.flatMap((entry) =>
        EXTENDED.has(entry.type) ? logical(image, entry.start) : [partitionOf(entry)],
      );
  const size = Number(image.geometry.virtualSize);
  return found.filter(({ start, length }) => length > 0 && start < size);
}

interface MbrEntry {
  readonly number: number;
  readonly type: number;
  /** Sectors. */
  readonly start: number;
  readonly length: number;
}

const partitionOf = ({ number, start, length }: MbrEntry): Partition => ({
  number,
  start: start * SECTOR,
  length: length * SECTOR,
  name: '',
});

/** A sector that ends as a partition table does. */
function sector(image: MappableImage, index: number): DataView | undefined {
  const bytes = guestBytes(image, index * SECTOR, SECTOR);
  const view = bytes && viewOf(bytes);
  return view?.getUint16(SECTOR - 2) === 0x55aa ? view : undefined;
}

function mbrEntries(view: DataView): MbrEntry[] {
  const entries: MbrEntry[] = [];
  for (let index = 0; index < PRIMARY; index++) {
    const at = ENTRIES_AT + index * ENTRY;
    const type = view.getUint8(at + 4);
    const start = view.getUint32(at + 8, true);
    const length = view.getUint32(at + 12, true);
    // Only 0 and 0x80 say whether it is booted: anything else is no table.
    if ((view.getUint8(at) & 0x7f) !== 0) return [];
    if (type !== 0 && length > 0) entries.push({ number: index + 1, type, start, length });
  }
  return entries;
}

/** The chain of tables in an extended partition, each with one partition and the place of the next. */
function logical(image: MappableImage, extended: number): Partition[] {
  const found: Partition[] = [];
  const seen = new Set<number>();
  for (let at = extended; found.length < MAX_LOGICAL && !seen.has(at);) {
    seen.add(at);
    const view = sector(image, at);
    if (!view) break;
    const entries = mbrEntries(view);
    const next = entries.find(({ type }) => EXTENDED.has(type));
    const own = entries.find(({ type }) => !EXTENDED.has(type));
    if (own)
      found.push(
        partitionOf({ ...own, number: PRIMARY + 1 + found.length, start: at + own.start }),
      );
    if (!next) break;
    at = extended + next.start;
  }
  return found;
}

function gpt(image: MappableImage): Partition[] {
  for (const size of GPT_SECTORS) {
    const header = guestBytes(image, size, SECTOR);
    const view = header && viewOf(header);
    if (view?.getBigUint64(0) !== GPT_SIGNATURE) continue;
    const at = Number(view.getBigUint64(72, true)) * size;
    const count = Math.min(view.getUint32(80, true), MAX_ENTRIES);
    if (view.getUint32(84, true) !== GPT_ENTRY || !Number.isSafeInteger(at)) return [];
    const bytes = guestBytes(image, at, count * GPT_ENTRY);
    return bytes ? gptEntries(bytes, count, size) : [];
  }
  return [];
}

const utf16 = new TextDecoder('utf-16le');

function gptEntries(bytes: Uint8Array, count: number, size: number): Partition[] {
  const view = viewOf(bytes);
  const found: Partition[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * GPT_ENTRY;
    if (view.getBigUint64(at) === 0n && view.getBigUint64(at + 8) === 0n) continue;
    const first = Number(view.getBigUint64(at + 32, true));
    const last = Number(view.getBigUint64(at + 40, true));
    const length = (last + 1 - first) * size;
    if (!Number.isSafeInteger(first * size) || !Number.isSafeInteger(length)) continue;
    const [name] = utf16.decode(bytes.subarray(at + NAME_AT, at + GPT_ENTRY)).split('\0');
    found.push({ number: index + 1, start: first * size, length, name });
  }
  return found;
}
