/**
 * The event QCOW2_OVERLAP_CHECK_MEMORY_LIMIT_REACHED: memory was refused. I/O goes on, but the area
 * may be unprotected. `start` and `length` in bytes of the host file.
 */
export interface MemoryEvent {
  /** What asked for memory. */
  readonly during: 'enter' | 'remove' | 'check';
  /** What was refused: a window's bitmap, or more windows than the file had at first. */
  readonly refused: 'bitmap' | 'windows';
  readonly start: number;
  readonly length: number;
}
