import type { MetadataList } from '../../../src/core/overlap/metadataList.js';
import type { Operation } from '../../../src/core/overlap/operation.js';
import type { LimitPolicy } from '../../../src/core/overlap/settings.js';

const WINDOW = 4096;

interface Window {
  bytes: Uint8Array | undefined;
  list: [start: number, clusters: number, types: number][];
  allocated: number;
  modified: boolean;
  age: number;
}

const emptyWindow = (): Window => ({
  bytes: undefined,
  list: [],
  allocated: 0,
  modified: false,
  age: 0,
});

/**
 * The structures written down once more, as plainly as can be: real bytes, real fragment lists, a
 * search of all slots. Slow, and shares nothing with the product but its interface.
 */
export class ByteModel {
  readonly windows: Window[];
  readonly slots: number[];
  readonly events: [start: number, length: number][] = [];
  used: number;
  slips = 0;
  #now = 0;

  constructor(
    readonly clusterSize: number,
    windows: number,
    slots: number,
    readonly limit: number,
    readonly guarded: number,
    readonly policy: LimitPolicy,
  ) {
    this.windows = Array.from({ length: windows }, emptyWindow);
    this.slots = new Array<number>(slots).fill(-1);
    this.used = 56 + 32 * windows + 4 * slots;
  }

  apply(operation: Operation): number {
    switch (operation.type) {
      case 'enter':
        if (operation.offset % this.clusterSize === 0)
          this.#change(
            operation.offset / this.clusterSize,
            operation.clusters,
            operation.types,
            true,
          );
        return 0;
      case 'remove': {
        const extra = operation.offset % this.clusterSize === 0 ? 0 : 1;
        const cluster = Math.floor(operation.offset / this.clusterSize);
        this.#change(cluster, operation.clusters + extra, operation.types, false);
        return 0;
      }
      case 'check': {
        const end = Math.ceil((operation.offset + operation.size) / this.clusterSize);
        let types = 0;
        for (let c = Math.floor(operation.offset / this.clusterSize); c < end; c++)
          types |= this.#typesForCheck(c);
        return types & ~operation.ignore;
      }
    }
  }

  /** What the window's clusters hold, wherever that is written down. */
  contents(index: number): Uint8Array {
    const window = this.windows[index];
    return window.bytes ?? painted(window);
  }

  /** What is really held, counted anew. */
  held(): number {
    let bytes = 56 + 32 * this.windows.length + 4 * this.slots.length;
    for (const { bytes: bitmap, allocated } of this.windows)
      bytes += (bitmap ? 4096 : 0) + 4 * allocated;
    return bytes;
  }

  #typesForCheck(cluster: number): number {
    const index = Math.floor(cluster / WINDOW);
    if (index >= this.windows.length) return 0;
    const bytes = this.#bytesOf(index);
    if (!bytes) return 0;
    this.windows[index].age = this.#now++;
    return bytes[cluster % WINDOW];
  }

  #change(cluster: number, clusters: number, types: number, enter: boolean): void {
    const set = types & this.guarded;
    const end = cluster + clusters;
    if (set === 0) return;
    for (let at = cluster; at < end;) {
      const index = Math.floor(at / WINDOW);
      const stop = Math.min(end, (index + 1) * WINDOW);
      if (index >= this.windows.length) {
        if (!enter) return;
        const more = index + 1 - this.windows.length;
        if (!this.#request(32 * more)) {
          this.events.push([index * WINDOW * this.clusterSize, (end - at) * this.clusterSize]);
          return;
        }
        for (let i = 0; i < more; i++) this.windows.push(emptyWindow());
      }
      const window = this.windows[index];
      const bytes = this.#bytesOf(index);
      if (bytes) {
        for (let c = at; c < stop; c++)
          if (enter) bytes[c % WINDOW] |= set;
          else bytes[c % WINDOW] &= ~set;
        window.age = this.#now++;
        window.modified = true;
      } else if (!enter) {
        this.slips += 4 * window.allocated;
        window.list = [];
        window.allocated = 0;
      }
      at = stop;
    }
  }

  #bytesOf(index: number): Uint8Array | undefined {
    const window = this.windows[index];
    if (window.bytes) return window.bytes;
    let slot = this.slots.indexOf(-1);
    if (slot < 0) slot = this.#evict();
    this.slots[slot] = index;
    window.age = this.#now++;
    while (!this.#request(4096)) {
      if (this.policy === 'evict') {
        this.slots[slot] = -1;
        if (this.slots.some((other) => other >= 0)) {
          slot = this.#evict();
          this.slots[slot] = index;
          continue;
        }
      }
      const bytes = WINDOW * this.clusterSize;
      this.events.push([index * bytes, bytes]);
      return undefined;
    }
    window.bytes = painted(window);
    window.modified = false;
    return window.bytes;
  }

  #evict(): number {
    let oldest = -1;
    let age = -1;
    this.slots.forEach((index, slot) => {
      if (index < 0 || this.#now - this.windows[index].age <= age) return;
      age = this.#now - this.windows[index].age;
      oldest = slot;
    });
    this.#convert(this.windows[this.slots[oldest]]);
    return oldest;
  }

  #convert(window: Window): void {
    const { bytes } = window;
    if (!bytes) return;
    window.bytes = undefined;
    this.used -= 4096;
    if (!window.modified) return;
    window.list = [];
    for (let start = 0; start < WINDOW;) {
      let end = start + 1;
      while (end < WINDOW && end - start < 256 && bytes[end] === bytes[start]) end++;
      if (bytes[start] !== 0) {
        if (window.list.length === window.allocated) {
          const room = Math.floor((3 * window.allocated) / 2) + 1;
          if (4 * room >= 4096) {
            this.used += 4096 - 4 * window.allocated;
            window.list = [];
            window.allocated = 0;
            window.bytes = bytes;
            return;
          }
          this.used += 4 * (room - window.allocated);
          window.allocated = room;
        }
        window.list.push([start, end - start, bytes[start]]);
      }
      start = end;
    }
    if (window.list.length < Math.floor(window.allocated / 2)) {
      this.used -= window.allocated - window.list.length;
      this.slips += 3 * (window.allocated - window.list.length);
      window.allocated = window.list.length;
    }
  }

  #request(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }
}

function painted(window: Window): Uint8Array {
  const bytes = new Uint8Array(WINDOW);
  for (const [start, clusters, types] of window.list) bytes.fill(types, start, start + clusters);
  return bytes;
}

/** What the product's list holds, window by window. */
export function contentsOf(list: MetadataList, window: number): Uint8Array {
  const row = list.windows.existingRow(window);
  return row < 0 ? new Uint8Array(WINDOW) : list.windows.runs.bytes(row);
}
