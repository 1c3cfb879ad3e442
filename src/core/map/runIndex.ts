import type { Cell } from './cell.js';
import { CHUNK, CHUNK_BITS, type ClusterMap } from './clusterMap.js';

/** How the map is cut into runs of clusters side by side, and which of them count. */
export interface RunRule {
  /** Clusters side by side, asked about in turn, are of one run when this is the same for them. */
  classOf(cell: Cell, cluster: number): number;
  /** Whether clusters of [from, to) with this cell are of one class whatever else is known. */
  isPlain(cell: Cell, from: number, to: number): boolean;
  /** Whether a run counts, by its class and its first cluster. */
  counts(runClass: number, cell: Cell, cluster: number): boolean;
}

/** A run that counts, by where it starts. */
export interface RunStart {
  readonly cluster: number;
  /** Its number among those that count. */
  readonly position: number;
}

/**
 * Finds the runs of a map by place and by number, without keeping them: two bytes for each chunk
 * tell how many start in it. Made in one pass, in which a chunk of one value is a single step.
 */
export class RunIndex {
  /** Runs that count. */
  readonly total: number;
  readonly #map: ClusterMap;
  readonly #rule: RunRule;
  /** Runs that start in each chunk. */
  readonly #starts: Uint16Array;
  /** Starts in the chunk looked at last. */
  readonly #found = new Int32Array(CHUNK);

  constructor(map: ClusterMap, rule: RunRule) {
    this.#map = map;
    this.#rule = rule;
    this.#starts = new Uint16Array(map.chunkCount);
    let total = 0;
    for (let index = 0; index < map.chunkCount; index++)
      total += this.#starts[index] = this.#look(index);
    this.total = total;
  }

  /** The run of that number, which is below `total`. */
  at(position: number): RunStart {
    let before = 0;
    let index = 0;
    while (before + this.#starts[index] <= position) before += this.#starts[index++];
    this.#look(index);
    return { cluster: this.#found[position - before], position };
  }

  /** The clusters at which the runs from that number on start. */
  *starts(position: number): Generator<number> {
    let skip = position;
    for (let index = 0; index < this.#starts.length; index++) {
      const found = this.#starts[index];
      if (skip >= found) {
        skip -= found;
        continue;
      }
      this.#look(index);
      // A copy: whoever is told may ask for something else in between.
      yield* this.#found.slice(skip, found);
      skip = 0;
    }
  }

  /** The first run that starts behind a cluster; −1 is before them all. */
  after(cluster: number): RunStart | undefined {
    const from = Math.max(0, cluster + 1);
    const position = this.#startsBefore(from);
    return position < this.total ? this.at(position) : undefined;
  }

  /** The last run that starts before a cluster. */
  before(cluster: number): RunStart | undefined {
    const position = this.#startsBefore(Math.min(cluster, this.#map.clusters)) - 1;
    return position >= 0 ? this.at(position) : undefined;
  }

  /** Clusters of the run that starts with this one. */
  length(start: number): number {
    const map = this.#map;
    const rule = this.#rule;
    const first = map.cell(start);
    const runClass = rule.classOf(first, start);
    for (let cluster = start + 1; cluster < map.clusters;) {
      const index = cluster >>> CHUNK_BITS;
      const chunk = map.chunk(index);
      const end = Math.min(map.clusters, (index + 1) * CHUNK);
      if (typeof chunk === 'number' && rule.isPlain(chunk, cluster, end)) {
        if (rule.classOf(chunk, cluster) !== runClass) return cluster - start;
        cluster = end;
        continue;
      }
      const goesOn = rule.isPlain(first, cluster, end) && rule.classOf(first, cluster) === runClass;
      for (; cluster < end; cluster++) {
        const cell = typeof chunk === 'number' ? chunk : chunk[cluster & (CHUNK - 1)];
        if (goesOn && cell === first) continue;
        if (rule.classOf(cell, cluster) !== runClass) return cluster - start;
      }
    }
    return map.clusters - start;
  }

  /** Runs that start before a cluster of the file, or before its end. */
  #startsBefore(cluster: number): number {
    const last = cluster >>> CHUNK_BITS;
    let starts = 0;
    for (let index = 0; index < last; index++) starts += this.#starts[index];
    if (last < this.#starts.length && this.#starts[last] > 0) {
      const found = this.#look(last);
      for (let i = 0; i < found && this.#found[i] < cluster; i++) starts++;
    }
    return starts;
  }

  /** Puts the starts in a chunk into `#found`; how many there are. */
  #look(index: number): number {
    const map = this.#map;
    const rule = this.#rule;
    const chunk = map.chunk(index);
    const base = index * CHUNK;
    const end = Math.min(map.clusters, base + CHUNK);
    if (base >= end) return 0;
    const first = typeof chunk === 'number' ? chunk : chunk[0];
    const previous = index === 0 ? undefined : rule.classOf(map.cell(base - 1), base - 1);
    let runClass = rule.classOf(first, base);
    let found = 0;
    if (runClass !== previous && rule.counts(runClass, first, base)) this.#found[found++] = base;
    // Most cells are like the one before, and then nothing starts.
    let plain = rule.isPlain(first, base, end);
    if (plain && typeof chunk === 'number') return found;
    let before = first;
    for (let cluster = base + 1; cluster < end; cluster++) {
      const cell = typeof chunk === 'number' ? chunk : chunk[cluster - base];
      if (cell === before) {
        if (plain) continue;
      } else {
        plain = rule.isPlain(cell, base, end);
        before = cell;
      }
      const here = rule.classOf(cell, cluster);
      if (here === runClass) continue;
      runClass = here;
      if (rule.counts(here, cell, cluster)) this.#found[found++] = cluster;
    }
    return found;
  }
}
