import type { ByteSource } from '../byteSource.js';
import { bytesPart, cut, Overlay, type Part } from '../simulate/copy/overlay.js';

type Change = Part & { readonly offset: number };

const ENTRY_BYTES = 8;
/** COPIED in the first byte of an entry. */
const FLAG = 0x80;

/**
 * A file with a repair over it. Of a table in which nothing but COPIED changes, a bit for each entry is
 * kept: a repair that ends all sharing changes every table of the disk.
 */
export class RepairCopy extends Overlay {
  readonly #clusterSize: number;
  readonly #punchesHoles: boolean;
  /** By the cluster in which a table lies: which entries have the flag the other way round. */
  readonly #flips = new Map<number, Uint8Array>();

  /** @param punchesHoles whether the file system takes freed clusters back */
  constructor(base: ByteSource, clusterSize: number, punchesHoles: boolean) {
    super(base);
    this.#clusterSize = clusterSize;
    this.#punchesHoles = punchesHoles;
  }

  override write(offset: number, parts: readonly Part[]): void {
    if (this.#flips.size > 0)
      this.#settle(
        offset,
        parts.reduce((sum, { length }) => sum + length, 0),
      );
    super.write(offset, parts);
  }

  override punch(offset: number, length: number): void {
    if (!this.#punchesHoles) return;
    this.#settle(offset, length);
    super.punch(offset, length);
  }

  override readInto(target: Uint8Array, offset: number): void {
    super.readInto(target, offset);
    for (const cluster of this.#flipped(offset, target.length)) {
      const bits = this.#flips.get(cluster);
      if (bits) turn(target, cluster * this.#clusterSize - offset, bits);
    }
  }

  override contents(offset: number, length: number): Part[] {
    if (this.#flipped(offset, length).length === 0) return super.contents(offset, length);
    const bytes = new Uint8Array(length);
    this.readInto(bytes, offset);
    return [bytesPart(bytes)];
  }

  override isChanged(offset: number, length: number): boolean {
    return super.isChanged(offset, length) || this.#flipped(offset, length).length > 0;
  }

  override *changes(): Generator<Change> {
    const size = this.#clusterSize;
    const tables = [...this.#flips.keys()].sort((a, b) => a - b).map((cluster) => cluster * size);
    const others = withoutTables(super.changes(), tables, size);
    let other = others.next();
    for (const table of tables) {
      for (; !other.done && other.value.offset < table; other = others.next()) yield other.value;
      const bytes = new Uint8Array(Math.min(size, this.size - table));
      this.readInto(bytes, table);
      yield { offset: table, ...bytesPart(bytes) };
    }
    for (; !other.done; other = others.next()) yield other.value;
  }

  /** Turns the flag of entries of the table at `table`, on the cluster grid, given by where they start in it. */
  flip(table: number, entries: readonly number[]): void {
    const cluster = table / this.#clusterSize;
    let bits = this.#flips.get(cluster);
    if (!bits) this.#flips.set(cluster, (bits = new Uint8Array(this.#clusterSize / 64)));
    for (const at of entries) bits[at >>> 6] ^= 1 << ((at / ENTRY_BYTES) & 7);
  }

  /** The clusters of a range that have flags the other way round. */
  #flipped(offset: number, length: number): number[] {
    if (this.#flips.size === 0 || length === 0) return [];
    const first = Math.floor(offset / this.#clusterSize);
    const last = Math.floor((offset + length - 1) / this.#clusterSize);
    if (last - first > this.#flips.size)
      return [...this.#flips.keys()].filter((cluster) => cluster >= first && cluster <= last);
    const found: number[] = [];
    for (let cluster = first; cluster <= last; cluster++)
      if (this.#flips.has(cluster)) found.push(cluster);
    return found;
  }

  /** Something else is written there: the tables that it meets become bytes. */
  #settle(offset: number, length: number): void {
    for (const cluster of this.#flipped(offset, length)) {
      const start = cluster * this.#clusterSize;
      const bytes = new Uint8Array(Math.min(this.#clusterSize, this.size - start));
      this.readInto(bytes, start);
      this.#flips.delete(cluster);
      super.write(start, [bytesPart(bytes)]);
    }
  }
}

/** Turns the flags of a table that starts at `start` of some bytes, perhaps before or behind them. */
function turn(target: Uint8Array, start: number, bits: Uint8Array): void {
  const { length } = target;
  for (let byte = 0; byte < bits.length; byte++) {
    const set = bits[byte];
    if (set === 0) continue;
    const at = start + byte * 8 * ENTRY_BYTES;
    for (let bit = 0; bit < 8; bit++) {
      const index = at + bit * ENTRY_BYTES;
      if (((set >>> bit) & 1) !== 0 && index >= 0 && index < length) target[index] ^= FLAG;
    }
  }
}

/** Changes without what lies in tables; both in ascending order. */
function* withoutTables(
  changes: Iterable<Change>,
  tables: readonly number[],
  size: number,
): Generator<Change> {
  let next = 0;
  for (const change of changes) {
    const end = change.offset + change.length;
    let at = change.offset;
    for (; next < tables.length && tables[next] < end; next++) {
      const table = tables[next];
      if (table > at) yield* piece(change, at, table);
      at = Math.max(at, table + size);
      // The table may reach into the next change.
      if (at > end) break;
    }
    if (at < end) yield* piece(change, at, end);
  }
}

function* piece(change: Change, from: number, to: number): Generator<Change> {
  const [part] = cut([change], from - change.offset, to - change.offset);
  yield { offset: from, ...part };
}
