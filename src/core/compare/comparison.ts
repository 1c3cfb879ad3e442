import type { MappableImage } from '../qcow2/image.js';
import type { Snapshot } from '../qcow2/snapshotTable.js';
import { finish } from '../work.js';
import { guestDifference } from './guestDifference.js';
import { type HostDifference, hostDifference } from './hostDifference.js';
import type { Range } from './ranges.js';

/** One side of a comparison. */
export interface ComparedSide {
  readonly image: MappableImage;
  /** As it is, or as one of its snapshots has it. */
  readonly disk: MappableImage;
}

/** What is different between two images, or between states of one. */
export interface Comparison {
  readonly guest: readonly Range[];
  readonly host: HostDifference;
  /** Names. */
  readonly snapshots: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** What a reader should know of it. */
  readonly notes: readonly string[];
}

/** Throws on I/O errors, and BudgetError. */
export function comparison(a: ComparedSide, b: ComparedSide, isOneFile: boolean): Comparison {
  const isAlike = a.image.geometry.clusterSize === b.image.geometry.clusterSize;
  const notes = ['what was written in place lies where it lay, and is not seen here'];
  if (!isAlike) notes.push('clusters of two sizes: the files are not compared, the disks are');
  return {
    guest: [...guestDifference(a.disk, b.disk, isOneFile)],
    host:
      isAlike && !isOneFile
        ? finish(hostDifference(a.image, b.image))
        : { appeared: [], vanished: [], changed: [] },
    snapshots: {
      added: namesOnlyIn(b.image, a.image),
      removed: namesOnlyIn(a.image, b.image),
    },
    notes,
  };
}

/** Names of the snapshots that the other image does not have: those of one name are told apart by ID and date. */
function namesOnlyIn({ snapshotTable }: MappableImage, other: MappableImage): string[] {
  const key = ({ id, name, seconds, nanoseconds }: Snapshot): string =>
    JSON.stringify([id, name, seconds, nanoseconds]);
  const known = new Set(other.snapshotTable.snapshots.map(key));
  return snapshotTable.snapshots.filter((one) => !known.has(key(one))).map(({ name }) => name);
}
