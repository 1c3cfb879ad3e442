import type { RepairChange } from '../../src/core/repair/changes.js';

const COPIED = 1n << 63n;
/** Where an L1 or L2 entry says that its table or data lie. */
const PLACE = 0x00fffffffffffe00n;
const COMPRESSED = 1n << 62n;
const ZERO = 1n;

/** Bits of header fields that have a name. */
const BITS: Readonly<Record<string, readonly string[]>> = {
  incompatible_features: ['dirty', 'corrupt'],
  autoclear_features: ['bitmaps'],
};

/** What something was, and what it becomes, in as few words as tell the two apart. */
export function changeWords({ what, field, before, after }: RepairChange): {
  readonly before: string;
  readonly after: string;
} {
  const [old, now] = [numberOf(before), numberOf(after)];
  if (old !== undefined && now !== undefined) {
    const bits = BITS[field ?? ''];
    if (what === 'header-field' && bits)
      return { before: named(old, bits), after: named(now, bits) };
    if (what === 'l1-entry' || what === 'l2-entry')
      return (old ^ now) === COPIED
        ? { before: flag(old), after: flag(now) }
        : { before: entry(old), after: entry(now) };
  }
  return { before: before ?? '–', after: after ?? '–' };
}

const numberOf = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^0x[0-9a-f]{1,16}$/.test(text) ? BigInt(text) : undefined;

const flag = (value: bigint): string => ((value & COPIED) === 0n ? 'not COPIED' : 'COPIED');

/** What an entry says; itself, where that would need more words. */
function entry(value: bigint): string {
  const place = value & PLACE;
  if (value === ZERO) return 'reads as zeros';
  const isPlain = (value & COMPRESSED) === 0n && (value & ~(PLACE | COPIED | ZERO)) === 0n;
  if (!isPlain || place === 0n) return hexOf(value);
  const words = [
    ...((value & ZERO) === 0n ? [] : ['zeros']),
    ...((value & COPIED) === 0n ? [] : ['COPIED']),
  ];
  return [hexOf(place), ...words].join(' ');
}

function named(value: bigint, bits: readonly string[]): string {
  const names = bits.filter((_, bit) => (value & (1n << BigInt(bit))) !== 0n);
  const rest = (value >> BigInt(bits.length)) << BigInt(bits.length);
  if (rest !== 0n) names.push(hexOf(rest));
  return names.length === 0 ? '–' : names.join(', ');
}

const hexOf = (value: bigint): string => `0x${value.toString(16)}`;
