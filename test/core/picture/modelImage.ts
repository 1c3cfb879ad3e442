import type { BitmapOptions } from '../../images/bitmaps.js';
import { ALL_SUBCLUSTERS, type GuestCluster } from '../../images/guestCluster.js';
import { ImageBuilder, type L1Table } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import type { SparseFile } from '../../images/pieces.js';
import { Random } from '../../images/random.js';

/** Host clusters [first, end) that an entry refers to. */
interface Held {
  readonly first: number;
  readonly end: number;
}

/** A random image as its writer knows it, one cluster at a time: what every layer should show. */
export class ModelImage {
  readonly file: SparseFile;
  readonly guestClusters: number;
  readonly hostClusters: number;
  readonly #image: ImageBuilder;
  /** By host cluster: who needs it (0 the active layer, n snapshot n - 1), and how often referred to by tables. */
  readonly #owners = new Map<number, Set<number>>();
  readonly #references = new Map<number, number>();

  constructor(seed: number, extendedL2: boolean) {
    const random = new Random(seed);
    const clusterBits = extendedL2 ? 14 : random.between(9, 12);
    const image = new ImageBuilder({
      virtualSize: 512 * random.between(1, 800) + 2 ** clusterBits * random.below(1500),
      clusterBits,
      extendedL2,
    });
    this.#image = image;
    play(image, random);
    this.guestClusters = image.guestClusters;
    [image.active, ...image.snapshots.map(({ l1 }) => l1)].forEach((l1, owner) => {
      this.#own(l1, owner);
    });
    const file = layOut(image);
    this.file = file;
    this.hostClusters = Math.ceil(file.size / 2 ** clusterBits);
  }

  #own(l1: L1Table, owner: number): void {
    const { clusterSize } = this.#image.geometry;
    const need = (first: number, end: number): void => {
      for (let host = first; host < end; host++) {
        const owners = this.#owners.get(host) ?? new Set<number>();
        this.#owners.set(host, owners.add(owner));
        this.#references.set(host, (this.#references.get(host) ?? 0) + 1);
      }
    };
    need(l1.cluster, l1.cluster + Math.ceil((l1.tables.length * 8) / clusterSize));
    for (const table of l1.tables) {
      if (!table) continue;
      need(table.cluster, table.cluster + 1);
      for (const entry of table.entries.values()) {
        const held = this.#held(entry);
        if (held) need(held.first, held.end);
      }
    }
  }

  #held(entry: GuestCluster): Held | undefined {
    const { clusterSize } = this.#image.geometry;
    if (entry.type === 'zero-plain') return undefined;
    const first = Math.floor(entry.offset / clusterSize);
    if (entry.type !== 'compressed') return { first, end: first + 1 };
    // An entry tells the length in whole sectors.
    const end = Math.ceil((entry.offset + entry.length) / 512) * 512;
    return { first, end: Math.ceil(end / clusterSize) };
  }

  #entry(guest: number): GuestCluster | undefined {
    const { l2Entries } = this.#image.geometry;
    return this.#image.active.tables[Math.floor(guest / l2Entries)]?.entries.get(guest % l2Entries);
  }

  /** The host cluster, or the first of those, that a guest cluster lies in. */
  hostOf(guest: number): number | undefined {
    const entry = this.#entry(guest);
    return entry && this.#held(entry)?.first;
  }

  guestsOf(host: number): number[] {
    const guests: number[] = [];
    for (let guest = 0; guest < this.guestClusters; guest++) {
      const entry = this.#entry(guest);
      const held = entry && this.#held(entry);
      if (held && held.first <= host && host < held.end) guests.push(guest);
    }
    return guests;
  }

  guestKind(guest: number): string {
    const entry = this.#entry(guest);
    if (!entry) return 'unallocated';
    const { extendedL2 } = this.#image.geometry;
    switch (entry.type) {
      case 'compressed':
      case 'zero-allocated':
        return entry.type;
      case 'zero-plain':
        if (!extendedL2 || entry.subclusters === ALL_SUBCLUSTERS) return 'zero-plain';
        return entry.subclusters === 0 ? 'unallocated' : 'partial';
      case 'normal': {
        const { allocated, zero } = entry.subclusters;
        if (extendedL2 && zero === ALL_SUBCLUSTERS) return 'zero-allocated';
        if (extendedL2 && allocated === 0 && zero === 0) return 'preallocated';
        if (extendedL2 && (allocated !== ALL_SUBCLUSTERS || zero !== 0)) return 'partial';
        const host = this.hostOf(guest) ?? 0;
        return (this.#references.get(host) ?? 0) > 1 ? 'shared' : 'normal';
      }
    }
  }

  snapshots(host: number): string {
    const owners = [...(this.#owners.get(host) ?? [])].sort((a, b) => a - b);
    if (owners.length === 0) return '';
    if (owners[0] !== 0) {
      if (owners.length > 1) return 'snapshots';
      return owners[0] <= 8 ? `only-${owners[0]}` : 'only-later';
    }
    if (owners.length === 1) return 'active';
    if (owners.length === 2) return 'with-1';
    return owners.length < 5 ? 'with-2' : 'with-4';
  }

  fragmentation(guest: number): string {
    const { l2Entries } = this.#image.geometry;
    const entry = this.#entry(guest);
    if (!entry || entry.type === 'zero-plain') return 'none';
    if (entry.type === 'compressed') return 'compressed';
    const here = this.#held(entry)?.first ?? 0;
    for (let before = guest - 1; before >= guest - (guest % l2Entries); before--) {
      const other = this.#entry(before);
      if (!other || other.type === 'zero-plain' || other.type === 'compressed') continue;
      const distance = here - (this.#held(other)?.end ?? 0);
      if (distance === 0) return 'contiguous';
      return distance < 0 ? 'backwards' : distance <= 16 ? 'near' : 'far';
    }
    return 'contiguous';
  }

  bitmaps(guest: number): string {
    const { clusterSize } = this.#image.geometry;
    const { virtualSize } = this.#image.options;
    const dirty = ({ granularityBits, dirty }: BitmapOptions): boolean =>
      dirty.some(([first, count]) => {
        const from = first * 2 ** granularityBits;
        const to = Math.min(virtualSize, (first + count) * 2 ** granularityBits);
        return from < (guest + 1) * clusterSize && to > guest * clusterSize;
      });
    const usable = this.#image.bitmaps.filter(({ inUse }) => inUse !== true);
    const set = usable.flatMap((bitmap, index) => (dirty(bitmap) ? [index] : []));
    if (set.length === 0) return 'clean';
    if (set.length > 1) return set.length === 2 ? 'two' : 'more';
    return set[0] < 8 ? `only-${set[0] + 1}` : 'only-later';
  }
}

/** A guest and its tools, for a while. */
function play(image: ImageBuilder, random: Random): void {
  const { guestClusters, geometry } = image;
  const guest = (): number => random.below(guestClusters);
  const reach = (from: number): number => Math.min(guestClusters - from, random.between(1, 60));
  const text = new Uint8Array(geometry.clusterSize).fill(7);
  const steps = random.between(1, 40);
  for (let step = 0; step < steps; step++) {
    const from = guest();
    switch (random.below(7)) {
      case 0:
        for (let i = from; i < from + reach(from); i++) image.compress(i, text);
        break;
      case 1:
        image.zero(from, reach(from), random.chance(0.5));
        break;
      case 2:
        image.discard(from, reach(from));
        break;
      case 3:
        if (image.snapshots.length < 10 && random.chance(0.5))
          image.snapshot({ name: `s${String(step)}` });
        break;
      case 4:
        if (!geometry.extendedL2) break;
        for (let i = from; i < from + reach(from); i++) {
          const allocated = random.chance(0.3) ? 0 : random.uint32();
          image.writeSubclusters(i, { allocated, zero: (random.uint32() & ~allocated) >>> 0 });
        }
        break;
      case 5:
        image.skip(random.below(30));
        break;
      default:
        image.write(from, reach(from));
    }
  }
  const bitmaps = random.below(4) === 0 ? 11 : random.below(4);
  for (let i = 0; i < bitmaps; i++) {
    const granularityBits = random.between(9, 16);
    const bits = Math.ceil(image.options.virtualSize / 2 ** granularityBits);
    const dirty = Array.from({ length: random.below(5) }, () => {
      const first = random.below(bits);
      return [first, random.between(1, bits - first)] as const;
    });
    image.bitmap({ name: `b${String(i)}`, granularityBits, dirty, inUse: random.chance(0.2) });
  }
}
