import type { TypeSet } from './types.js';

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
