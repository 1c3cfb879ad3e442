import { Recorder } from '../simulate/copy/recorder.js';

/** Notes what QEMU says during a repair. Of its steps it keeps none: there is one for each cluster. */
export class RepairRecorder extends Recorder {
  override isPatient = true;

  override write(): void {
    // The changes are noted elsewhere.
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
