import type { Geometry } from '../qcow2/geometry.js';
import type { FindingList } from './findingList.js';
import type { References } from './references.js';
import type { StoredRefcounts } from './storedRefcounts.js';

/** What all that counts references works on, by name: three of them are lists of the same type. */
export interface Counting {
  readonly geometry: Geometry;
  readonly references: References;
  readonly stored: StoredRefcounts;
  /** Of the reference count, in QEMU's order. */
  readonly findings: FindingList;
  /** Of the COPIED pass. */
  readonly copiedFindings: FindingList;
  /** What QEMU's check cannot see. */
  readonly notices: FindingList;
}
