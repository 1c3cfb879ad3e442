import type { WriteStep } from '../simulate/copy/outcome.js';
import { Recorder } from '../simulate/copy/recorder.js';

/** Lines that are kept: a repair says something about each cluster, and of some twice. */
const KEPT = 100_000;

/** Notes what QEMU says during a repair. Of its steps it keeps none: there is one for each cluster. */
export class RepairRecorder extends Recorder {
  /** Lines that were too many to be kept. */
  messagesLeftOut = 0;
  readonly #onWrite: (step: WriteStep) => void;
  #kept = 0;

  /** @param onWrite hears of each write that is done */
  constructor(onWrite: (step: WriteStep) => void) {
    super();
    this.#onWrite = onWrite;
  }

  override write(step: WriteStep): void {
    if (step.conflict === undefined) this.#onWrite(step);
  }

  override message(line: string): void {
    this.tell(() => line);
  }

  /** No more lines are kept: they only have to be counted, in `messagesLeftOut`. */
  get isFull(): boolean {
    return this.#kept >= KEPT;
  }

  /** A line that is only put into words while there is room for it. */
  tell(line: () => string): void {
    if (this.isFull) {
      this.messagesLeftOut++;
      return;
    }
    this.#kept++;
    super.message(line());
  }

  override lookUp(): void {
    // A look-up for each cluster.
  }

  override allocate(): void {
    // Told by the writes.
  }

  override free(): void {
    // Told by the refcounts.
  }

  override corrupt(): void {
    // Told by its message.
  }

  override work(): void {
    // A repair takes as long as it takes: whoever drives it may drop it between two steps.
  }
}
