import type { WriteStep } from '../simulate/copy/outcome.js';
import { Recorder } from '../simulate/copy/recorder.js';
import { RepairSteps } from './repairSteps.js';

/** Notes what QEMU says during a repair, and what it writes: not each step, there is one for each cluster. */
export class RepairRecorder extends Recorder {
  override isPatient = true;
  readonly writes = new RepairSteps();

  override write(step: WriteStep): void {
    this.writes.write(step);
  }

  override grew(from: number, to: number): void {
    this.writes.grew(from, to);
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
}
