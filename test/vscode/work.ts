/**
 * Milliseconds that the calling thread has worked, where Node can tell; else what the clock says,
 * which also counts the time that other processes took from it.
 */
export function workDone(): number {
  // Desktop VS Code may have a Node from before 23.9.
  if (!('threadCpuUsage' in process)) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Watches what the event loop does between two turns of a timer that is always due. */
export class LoopWatch {
  readonly #timer: NodeJS.Timeout;
  #last = { work: workDone(), clock: performance.now() };
  /** Milliseconds of the longest stretch of work, and between two turns by the clock. */
  readonly longest = { work: 0, clock: 0 };

  constructor() {
    this.#timer = setInterval(() => {
      this.#turn();
    }, 1);
  }

  stop(): void {
    this.#turn();
    clearInterval(this.#timer);
  }

  #turn(): void {
    const now = { work: workDone(), clock: performance.now() };
    this.longest.work = Math.max(this.longest.work, now.work - this.#last.work);
    this.longest.clock = Math.max(this.longest.clock, now.clock - this.#last.clock);
    this.#last = now;
  }
}
