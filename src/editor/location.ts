import type { Place } from '../core/inspect/locate.js';
import { guestOffset, hostCluster, hostOffset } from '../core/units.js';

/** A place that a text names; an L2 index alone means the table that is selected. */
export type NamedPlace = Place | { readonly type: 'selected-l2'; readonly l2Index: number };

const UNITS = 'kmgtpe';
const NUMBER = '0x[0-9a-f]+|[0-9][0-9,]*';
const SIZE = /^([0-9][0-9,]*(?:\.[0-9]+)?)\s*([kmgtpe])(?:i?b)?$/;
const CLUSTER = new RegExp(`^cluster\\s*(${NUMBER})$`);
const L1 = new RegExp(`^l1\\s*\\[?(${NUMBER})\\]?$`);
const L2 = new RegExp(`^l2\\s*\\[?(${NUMBER})\\]?$`);
const L1_L2 = new RegExp(`^l1\\s*\\[?(${NUMBER})\\]?[\\s,:/]*l2\\s*\\[?(${NUMBER})\\]?$`);

/**
 * The place that a text names: `cluster 12`; a host offset in bytes as `0x50000`, `327680` or, with
 * a suffix of QEMU's, `320K`; `guest 0x60110000`; `L1 3`, `L1 3 L2 17`, `L2 17`. Decimal digits may
 * be grouped by commas. Undefined when it is none of these.
 */
export function parsePlace(typed: string): NamedPlace | undefined {
  const text = typed.trim().toLowerCase();
  const cluster = CLUSTER.exec(text);
  if (cluster) return { type: 'cluster', cluster: hostCluster(numberOf(cluster[1])) };
  const entry = L1_L2.exec(text);
  if (entry) return { type: 'l2', l1Index: numberOf(entry[1]), l2Index: numberOf(entry[2]) };
  const l1 = L1.exec(text);
  if (l1) return { type: 'l1', l1Index: numberOf(l1[1]) };
  const l2 = L2.exec(text);
  if (l2) return { type: 'selected-l2', l2Index: numberOf(l2[1]) };
  const named = /^(host|guest)\s+(.*)$/.exec(text);
  const offset = sizeOf(named ? named[2] : text);
  if (offset === undefined) return undefined;
  return named?.[1] === 'guest'
    ? { type: 'guest', offset: guestOffset(offset) }
    : { type: 'host', offset: hostOffset(offset) };
}

/** Bytes. */
function sizeOf(text: string): number | undefined {
  const offset = new RegExp(`^(?:${NUMBER})$`).exec(text);
  if (offset) return numberOf(offset[0]);
  const size = SIZE.exec(text);
  return size
    ? capped(Math.floor(numberOf(size[1]) * 1024 ** (UNITS.indexOf(size[2]) + 1)))
    : undefined;
}

/** At most 2^53 − 1, which no offset reaches. */
const capped = (value: number): number => Math.min(value, Number.MAX_SAFE_INTEGER);

const numberOf = (digits: string): number => capped(Number(digits.replaceAll(',', '')));
