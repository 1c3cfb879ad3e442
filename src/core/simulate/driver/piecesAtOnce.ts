/** Pieces of a request that QEMU works on at the same time (QCOW2_MAX_WORKERS). */
export const MAX_WORKERS = 8;

interface Touch {
  readonly piece: number;
  readonly from: number;
  readonly to: number;
  readonly writes: boolean;
}

/** Host ranges that pieces of one request read and write while others may be at work. */
export class PiecesAtOnce {
  /** The piece that is at work here. */
  piece = 0;
  #collided = false;
  #touches: Touch[] = [];

  /** Whether one wrote where another read or wrote: then their order decides what comes of it. */
  get collided(): boolean {
    return this.#collided;
  }

  /** The piece reads or writes a range, in bytes. */
  touch(from: number, bytes: number, writes: boolean): void {
    const { piece } = this;
    const to = from + bytes;
    this.#collided ||= this.#touches.some(
      (other) =>
        other.piece !== piece && (writes || other.writes) && other.from < to && from < other.to,
    );
    this.#touches.push({ piece, from, to, writes });
    if (this.#touches.length % 256 > 0) return;
    // Those that had ended before this one began are in nobody's way.
    this.#touches = this.#touches.filter((other) => other.piece > piece - 2 * MAX_WORKERS);
  }
}
