import { type ByteSource, readBytes } from '../byteSource.js';
import { hex, viewOf } from '../bytes.js';
import { type ParseResult, parseSize } from '../size.js';
import { INCOMPATIBLE } from './features.js';
import { isForeign, MAGIC } from './header.js';
import { MAX_CLUSTER_BITS, MIN_CLUSTER_BITS } from './limits.js';

/** What a header is taken to say, whatever it says; the fields that are left out stay as they are. */
export interface AssumedHeader {
  readonly clusterBits?: number | undefined;
  /** Bytes of the disk. */
  readonly size?: number | undefined;
  /** Host offset in bytes; without `l1Entries`: as many as the disk needs. */
  readonly l1?: number | undefined;
  readonly l1Entries?: number | undefined;
  readonly refcountTable?: number | undefined;
  /** 1 unless said. */
  readonly refcountTableClusters?: number | undefined;
  readonly refcountBits?: number | undefined;
  readonly snapshots?: number | undefined;
  readonly snapshotCount?: number | undefined;
  readonly extendedL2?: boolean | undefined;
}

/** A header of version 3 up to its length, and the end of the extensions behind it. */
const HEADER_BYTES = 112;
const ROOM = HEADER_BYTES + 8;
const V2_BYTES = 72;
/** Of a header of which nothing is known. */
const DEFAULT_CLUSTER_BITS = 16;
const REFCOUNT_ORDER_AT = 96;

/** A file with other bytes at one place; the file itself stays as it is. */
export function patched(source: ByteSource, at: number, bytes: Uint8Array): ByteSource {
  const end = Math.min(at + bytes.length, source.size);
  return {
    size: source.size,
    readInto(target, from) {
      source.readInto(target, from);
      const first = Math.max(at, from);
      const last = Math.min(end, from + target.length);
      if (first < last) target.set(bytes.subarray(first - at, last - at), first - from);
    },
  };
}

/**
 * The file as if its header said what is assumed. Where there is no header the whole first cluster is taken
 * to be one of version 3, without extensions. Throws on I/O errors.
 */
export function assumeHeader(source: ByteSource, assumed: AssumedHeader): ByteSource {
  const isFresh = isForeign(source);
  const clusterBits = assumed.clusterBits ?? DEFAULT_CLUSTER_BITS;
  const bytes = isFresh ? new Uint8Array(2 ** clusterBits) : readBytes(source, 0, ROOM);
  const view = viewOf(bytes);
  if (isFresh) {
    view.setUint32(0, MAGIC);
    view.setUint32(4, 3);
    view.setUint32(20, clusterBits);
    view.setUint32(REFCOUNT_ORDER_AT, 4);
    view.setUint32(100, HEADER_BYTES);
  }
  const isV2 = view.getUint32(4) < 3;
  if (assumed.clusterBits !== undefined) view.setUint32(20, assumed.clusterBits);
  if (assumed.size !== undefined) view.setBigUint64(24, BigInt(assumed.size));
  if (!isV2 && assumed.extendedL2 !== undefined) {
    const bits = view.getBigUint64(72);
    const bit = INCOMPATIBLE.extendedL2;
    view.setBigUint64(72, assumed.extendedL2 ? bits | bit : bits & ~bit);
  }
  if (!isV2 && assumed.refcountBits !== undefined)
    view.setUint32(REFCOUNT_ORDER_AT, Math.log2(assumed.refcountBits));
  if (assumed.l1 !== undefined) {
    view.setBigUint64(40, BigInt(assumed.l1));
    view.setUint32(36, assumed.l1Entries ?? entriesNeeded(view, isV2));
  }
  if (assumed.refcountTable !== undefined) {
    view.setBigUint64(48, BigInt(assumed.refcountTable));
    view.setUint32(56, assumed.refcountTableClusters ?? 1);
  }
  if (assumed.snapshots !== undefined) {
    view.setUint32(60, assumed.snapshotCount ?? 1);
    view.setBigUint64(64, BigInt(assumed.snapshots));
  }
  return patched(source, 0, isV2 ? bytes.subarray(0, V2_BYTES) : bytes);
}

/** Entries of an L1 table for the whole disk. */
function entriesNeeded(view: DataView, isV2: boolean): number {
  const bits = view.getUint32(20);
  if (bits < MIN_CLUSTER_BITS || bits > MAX_CLUSTER_BITS) return 0;
  const isExtended = !isV2 && (view.getBigUint64(72) & INCOMPATIBLE.extendedL2) !== 0n;
  const covered = BigInt(2 ** (2 * bits - (isExtended ? 4 : 3)));
  const entries = (view.getBigUint64(24) + covered - 1n) / covered;
  return entries < 2n ** 32n ? Number(entries) : 2 ** 32 - 1;
}

type Key = (typeof KEYS)[number];
const KEYS = [
  'cluster-size',
  'size',
  'l1',
  'l1-entries',
  'refcount-table',
  'refcount-table-clusters',
  'refcount-bits',
  'snapshots',
  'snapshot-count',
  'extended-l2',
] as const;

/** `cluster-size=65536,size=1073741824,l1=0x30000,…`: what parseAssumedHeader reads. */
export function assumedHeaderText(assumed: AssumedHeader): string {
  const { clusterBits, extendedL2, l1, refcountTable, snapshots } = assumed;
  const offset = (value: number | undefined) => (value === undefined ? undefined : hex(value));
  const values: Readonly<Record<Key, string | number | undefined>> = {
    'cluster-size': clusterBits === undefined ? undefined : 2 ** clusterBits,
    size: assumed.size,
    l1: offset(l1),
    'l1-entries': assumed.l1Entries,
    'refcount-table': offset(refcountTable),
    'refcount-table-clusters': assumed.refcountTableClusters,
    'refcount-bits': assumed.refcountBits,
    snapshots: offset(snapshots),
    'snapshot-count': assumed.snapshotCount,
    'extended-l2': extendedL2 === undefined ? undefined : extendedL2 ? 'on' : 'off',
  };
  return KEYS.flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [`${key}=${value}`];
  }).join(',');
}

/** Reads that text. `parameter`: the option, for messages. */
export function parseAssumedHeader(text: string, parameter: string): ParseResult<AssumedHeader> {
  const refuse = (message: string) => ({ ok: false, message }) as const;
  const numbers = new Map<Key, number>();
  let extendedL2: boolean | undefined;
  for (const part of text.split(',')) {
    const [word, value, ...more] = part.split('=');
    const key = KEYS.find((known) => known === word);
    if (!key || value === undefined || more.length > 0)
      return refuse(`--${parameter} is KEY=VALUE,… of ${KEYS.join(', ')}; found '${part}'`);
    if (key === 'extended-l2') {
      if (value !== 'on' && value !== 'off')
        return refuse(`'${key}' of --${parameter} expects 'on' or 'off'`);
      extendedL2 = value === 'on';
      continue;
    }
    const number = /^0x[0-9a-f]+$/i.test(value)
      ? ({ ok: true, value: Number(value) } as const)
      : parseSize(value, `${parameter} ${key}`);
    if (!number.ok) return number;
    const most = COUNTS.has(key) ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
    if (number.value > most) return refuse(`'${key}' of --${parameter} is too large: '${value}'`);
    numbers.set(key, number.value);
  }
  const clusterSize = numbers.get('cluster-size');
  const clusterBits = clusterSize === undefined ? undefined : Math.log2(clusterSize);
  if (clusterBits !== undefined && !isBits(clusterBits, MIN_CLUSTER_BITS, MAX_CLUSTER_BITS))
    return refuse(`'cluster-size' of --${parameter} is a power of two from 512 to 2M`);
  const refcountBits = numbers.get('refcount-bits');
  if (refcountBits !== undefined && !isBits(Math.log2(refcountBits), 0, 6))
    return refuse(`'refcount-bits' of --${parameter} is a power of two up to 64`);
  return {
    ok: true,
    value: {
      clusterBits,
      size: numbers.get('size'),
      l1: numbers.get('l1'),
      l1Entries: numbers.get('l1-entries'),
      refcountTable: numbers.get('refcount-table'),
      refcountTableClusters: numbers.get('refcount-table-clusters'),
      refcountBits,
      snapshots: numbers.get('snapshots'),
      snapshotCount: numbers.get('snapshot-count'),
      extendedL2,
    },
  };
}

/** Fields of 32 bits. */
const COUNTS: ReadonlySet<Key> = new Set([
  'l1-entries',
  'refcount-table-clusters',
  'snapshot-count',
]);

const isBits = (bits: number, least: number, most: number): boolean =>
  Number.isInteger(bits) && bits >= least && bits <= most;
