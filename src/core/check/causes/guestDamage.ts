import type { CauseId, Diagnosis } from './cause.js';

/** How a range of a guest's disk is damaged, worst first; what is none of these is fine. */
const DAMAGE_STATES = ['lost', 'shared', 'doubt'] as const;

/**
 * Lost: it cannot be read, or not as what was written. Shared: it reads as it should, and another
 * owner writes there too. Doubt: nothing says that it is wrong, but it may be written over.
 */
export type DamageState = (typeof DAMAGE_STATES)[number];

/** What a cause makes of what it endangers; a cause that is not here endangers no data. */
const STATE_OF: Readonly<Partial<Record<CauseId, DamageState>>> = {
  'overwritten-l1': 'lost',
  'two-owners': 'shared',
  'two-writers': 'doubt',
  'refcounts-zero': 'doubt',
  'overwritten-l2': 'lost',
  'cut-off': 'lost',
  'stray-pointer': 'lost',
  'broken-entries': 'lost',
  'flag-bits': 'doubt',
  'lost-l2': 'lost',
  'snapshot-table': 'lost',
  'wrong-compression': 'lost',
  'own-backing-file': 'lost',
  unreadable: 'lost',
  'refcounts-wrong': 'doubt',
  other: 'doubt',
};

export interface DamagedRange {
  /** Guest offset, bytes. */
  readonly start: number;
  readonly length: number;
  readonly state: DamageState;
  /** Places of the causes in the diagnosis. */
  readonly causes: readonly number[];
}

/** A disk of the image: the active one, or a snapshot's. */
export interface Disk {
  /** The snapshot's name; undefined: the active disk. Hostile text. */
  readonly snapshot: string | undefined;
  /** Its place in the snapshot table: several may have one name. */
  readonly entry?: number | undefined;
  /** Bytes. */
  readonly size: number;
}

export interface DamagedDisk extends Disk {
  /** Ascending, without overlaps; of two causes the worse. */
  readonly ranges: readonly DamagedRange[];
  readonly bytes: Readonly<Record<DamageState, number>>;
  /** Causes name more ranges than are known one by one. */
  readonly isPartial: boolean;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly state: DamageState;
  readonly cause: number;
}

/** What a diagnosis says of each disk, range by range. */
export const guestDamage = (
  { causes }: Pick<Diagnosis, 'causes'>,
  disks: readonly Disk[],
): DamagedDisk[] =>
  disks.map((disk) => {
    const pieces: Piece[] = [];
    let isPartial = false;
    for (const [cause, { id, danger }] of causes.entries()) {
      const state = STATE_OF[id];
      if (state === undefined) continue;
      if (danger.ranges > danger.guest.length) isPartial = true;
      if (danger.wholeDisk && disk.snapshot === undefined)
        pieces.push({ start: 0, end: disk.size, state, cause });
      for (const { start, length, snapshot, entry } of danger.guest) {
        const end = Math.min(start + length, disk.size);
        if (snapshot === disk.snapshot && entry === disk.entry && start < end)
          pieces.push({ start, end, state, cause });
      }
    }
    const ranges = flattened(pieces);
    const of = (state: DamageState): number =>
      ranges.reduce((sum, range) => sum + (range.state === state ? range.length : 0), 0);
    const bytes = { lost: of('lost'), shared: of('shared'), doubt: of('doubt') };
    return { ...disk, ranges, bytes, isPartial };
  });

/** Pieces that may overlap as ranges that do not. */
function flattened(pieces: readonly Piece[]): DamagedRange[] {
  const starts = [...pieces].sort((a, b) => a.start - b.start);
  const edges = [...new Set(pieces.flatMap(({ start, end }) => [start, end]))].sort(
    (a, b) => a - b,
  );
  const ranges: DamagedRange[] = [];
  let open: Piece[] = [];
  let next = 0;
  for (const [index, start] of edges.entries()) {
    open = open.filter(({ end }) => end > start);
    while (next < starts.length && starts[next].start === start) open.push(starts[next++]);
    if (open.length === 0) continue;
    const length = edges[index + 1] - start;
    const state =
      DAMAGE_STATES.find((each) => open.some((piece) => piece.state === each)) ?? 'doubt';
    const causes = [...new Set(open.map(({ cause }) => cause))].sort((a, b) => a - b);
    const last = ranges.at(-1);
    const goesOn =
      last?.state === state &&
      last.start + last.length === start &&
      last.causes.join() === causes.join();
    if (goesOn) ranges[ranges.length - 1] = { ...last, length: last.length + length };
    else ranges.push({ start, length, state, causes });
  }
  return ranges;
}
