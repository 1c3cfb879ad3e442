import type { MappableImage } from '../qcow2/image.js';
import type { FindingList } from './findingList.js';

/** What is wrong with the snapshot table itself. */
export class SnapshotTableCheck {
  readonly #image: MappableImage;
  readonly #findings: FindingList;

  constructor(image: MappableImage, findings: FindingList) {
    this.#image = image;
    this.#findings = findings;
  }

  /** Entries of the snapshot table that lack what version 3 demands. */
  entries(): void {
    if (this.#image.geometry.version < 3) return;
    const { clusterSize } = this.#image.geometry;
    const { snapshots, zeros } = this.#image.snapshotTable;
    const { snapshotsOffset } = this.#image;
    const incomplete = (index: number, offset: number): void => {
      this.#findings.add({
        severity: 'corruption',
        code: 'snapshot-incomplete',
        offset,
        cluster: Math.floor(offset / clusterSize),
        message: `ERROR snapshot table entry ${index} is incomplete`,
        owner: { type: 'snapshot-table' },
      });
    };
    for (const snapshot of snapshots)
      if (snapshot.extraDataSize < 16) incomplete(snapshot.index, snapshot.offset);
    for (let i = 0; i < zeros; i++) incomplete(snapshots.length + i, snapshotsOffset);
  }

  /** Internal snapshots do not go with an external data file. */
  allowed(): void {
    const count = this.#image.snapshotTable.snapshots.length + this.#image.snapshotTable.zeros;
    if (!this.#image.geometry.externalData || count === 0) return;
    const message = `ERROR ${count} snapshots in image with data file`;
    this.#findings.add({
      severity: 'corruption',
      code: 'snapshots-with-data-file',
      offset: 60,
      cluster: 0,
      message,
      owner: { type: 'main-header' },
    });
  }
}
