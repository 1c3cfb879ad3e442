import type { MetadataList } from './metadataList.js';
import type { Operation } from './operation.js';
import { grown } from './typeRuns.js';
import type { TypeSet } from './types.js';
import type { MetadataSink } from './checkEngine.js';

const ENTER = 0;
const REMOVE = 1;
const CHECK = 2;

/** Operations one after the other, as columns: opening a large image takes hundreds of thousands. */
export class OperationList implements MetadataSink {
  #length = 0;
  #codes = new Uint8Array(64);
  /** Types, or those to be ignored. */
  #types = new Uint16Array(64);
  #offsets = new Float64Array(64);
  /** Clusters, or bytes. */
  #amounts = new Float64Array(64);

  static of(operations: Iterable<Operation>): OperationList {
    const list = new OperationList();
    for (const operation of operations) list.push(operation);
    return list;
  }

  get length(): number {
    return this.#length;
  }

  enter(offset: number, clusters: number, types: TypeSet): void {
    this.#add(ENTER, types, offset, clusters);
  }

  remove(offset: number, clusters: number, types: TypeSet): void {
    this.#add(REMOVE, types, offset, clusters);
  }

  check(ignore: TypeSet, offset: number, size: number): void {
    this.#add(CHECK, ignore, offset, size);
  }

  push(operation: Operation): void {
    switch (operation.type) {
      case 'enter':
        this.enter(operation.offset, operation.clusters, operation.types);
        break;
      case 'remove':
        this.remove(operation.offset, operation.clusters, operation.types);
        break;
      case 'check':
        this.check(operation.ignore, operation.offset, operation.size);
    }
  }

  at(index: number): Operation {
    const types = this.#types[index];
    const offset = this.#offsets[index];
    const amount = this.#amounts[index];
    switch (this.#codes[index]) {
      case ENTER:
        return { type: 'enter', offset, clusters: amount, types };
      case REMOVE:
        return { type: 'remove', offset, clusters: amount, types };
      default:
        return { type: 'check', ignore: types, offset, size: amount };
    }
  }

  /** About how many windows of so many clusters the operations use, each use counted. */
  windowUses(windowClusters: number): number {
    let uses = this.#length;
    for (let i = 0; i < this.#length; i++)
      if (this.#codes[i] !== CHECK) uses += Math.floor(this.#amounts[i] / windowClusters);
    return uses;
  }

  /**
   * Applies the operations from `cursor.position` on, up to but without `end`; the cursor goes along.
   * What checks find is dropped.
   */
  applyTo(list: MetadataList, cursor: { position: number }, end: number): void {
    const codes = this.#codes;
    const types = this.#types;
    const offsets = this.#offsets;
    const amounts = this.#amounts;
    for (let i = cursor.position; i < end; cursor.position = ++i) {
      if (codes[i] === ENTER) list.enter(offsets[i], amounts[i], types[i]);
      else if (codes[i] === REMOVE) list.remove(offsets[i], amounts[i], types[i]);
      else list.check(types[i], offsets[i], amounts[i]);
    }
  }

  #add(code: number, types: TypeSet, offset: number, amount: number): void {
    const index = this.#length++;
    if (index === this.#codes.length) {
      this.#codes = grown(this.#codes, new Uint8Array(index * 2));
      this.#types = grown(this.#types, new Uint16Array(index * 2));
      this.#offsets = grown(this.#offsets, new Float64Array(index * 2));
      this.#amounts = grown(this.#amounts, new Float64Array(index * 2));
    }
    this.#codes[index] = code;
    this.#types[index] = types;
    this.#offsets[index] = offset;
    this.#amounts[index] = amount;
  }
}
