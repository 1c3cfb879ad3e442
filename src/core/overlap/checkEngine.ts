import type { TypeSet } from './types.js';

/** Whatever can be told where metadata lies: a list of metadata, or a list of operations. */
export interface MetadataSink {
  /** Host offset in bytes. */
  enter(offset: number, clusters: number, types: TypeSet): void;
  remove(offset: number, clusters: number, types: TypeSet): void;
}

/** Whatever can say which metadata a write would touch. */
export interface CheckEngine {
  /**
   * Types, but for those to be ignored, that a write would touch: 0 when it may go on, else a set
   * that the conflict is reported from under its lowestType.
   *
   * @param offset host offset in bytes
   * @param size bytes
   */
  check(ignore: TypeSet, offset: number, size: number): TypeSet;
}
