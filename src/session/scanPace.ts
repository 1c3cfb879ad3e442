/** Milliseconds between two progress events. */
const PROGRESS_INTERVAL = 50;
/** Drawing may take this part of the scan's time: a new picture waits until the scan has caught up. */
const DRAWING_SHARE = 1 / 4;

/** How often a scan says how far it is, and how often it shows. Times are those of performance.now(). */
export class ScanPace {
  #lastProgress = -Infinity;
  #lastGeneration = 0;
  /** Milliseconds spent on tiles of this generation. */
  #drawing = 0;

  isProgressDue(now: number): boolean {
    return now - this.#lastProgress >= PROGRESS_INTERVAL;
  }

  progressed(now: number): void {
    this.#lastProgress = now;
  }

  drew(milliseconds: number): void {
    this.#drawing += milliseconds;
  }

  /** Whether there is time for tiles of another generation. */
  affords(now: number): boolean {
    return (now - this.#lastGeneration) * DRAWING_SHARE >= this.#drawing;
  }

  /** Another generation of tiles begins. */
  begin(now: number): void {
    this.#drawing = 0;
    this.#lastGeneration = now;
  }
}
