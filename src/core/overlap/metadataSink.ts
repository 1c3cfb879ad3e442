import type { TypeSet } from './types.js';

/** Whatever can be told where metadata lies: a list of metadata, or a list of operations. */
export interface MetadataSink {
  /** Host offset in bytes. */
  enter(offset: number, clusters: number, types: TypeSet): void;
  remove(offset: number, clusters: number, types: TypeSet): void;
}
