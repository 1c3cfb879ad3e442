import { SparseBits } from '../../map/sparseBits.js';
import { EntryTable } from '../../qcow2/entryTable.js';
import { INCOMPATIBLE } from '../../qcow2/features.js';
import { type Image, isMappable, type MappableImage, openImage } from '../../qcow2/image.js';
import { MAX_L1_BYTES } from '../../qcow2/limits.js';
import type { Snapshot } from '../../qcow2/snapshotTable.js';
import { bytes, type Bytes } from '../../units.js';
import type { Work } from '../../work.js';
import type { Repair } from '../repair.js';
import { BytesCompared } from './bytesCompared.js';
import { type ChangedRange, type GuestChange, RangeList } from './rangeList.js';
import { ViewComparison } from './viewCost.js';

/** What a repair does to a disk that can be read from the image: the active one, or a snapshot's. */
export interface ViewCost {
  /** Undefined of the active disk. Hostile text. */
  readonly snapshot: { readonly id: string; readonly name: string } | undefined;
  readonly diskSize: Bytes;
  /** Gone: nothing leads to it any more. Unreadable: QEMU did not read it before, whatever it says. */
  readonly state: 'kept' | 'gone' | 'unreadable';
  /** Bytes that read otherwise. */
  readonly changed: Readonly<Record<GuestChange, number>>;
  /** Ascending; the first 1000. */
  readonly ranges: readonly ChangedRange[];
  /** How many there are. */
  readonly rangeCount: number;
  /** Of the VM state, or behind the end of the disk: bytes that read otherwise. */
  readonly beyond: number;
}

/** What a repair costs in data. Every value survives a structured clone. */
export interface RepairCost {
  /** QEMU's refusal to open the image; undefined when it opens it. */
  readonly refusal: { readonly before: string | undefined; readonly after: string | undefined };
  /** The corrupt bit: QEMU refuses to write to the image. */
  readonly corruptBit: { readonly before: boolean; readonly after: boolean };
  /** The active disk first, then the snapshots in their order. */
  readonly views: readonly ViewCost[];
  /** As the header counts them. */
  readonly snapshots: { readonly before: number; readonly after: number };
  /** Names. Hostile text. */
  readonly bitmapsGone: readonly string[];
  readonly bitmaps: { readonly before: number; readonly after: number };
  /** Clusters given free to which a disk or a table still leads. */
  readonly stillReferred: number;
}

/**
 * What a simulated repair costs, by comparing all disks before and after. A range that is not told is
 * read as before, byte for byte, whatever the backing file has. Throws on I/O errors, and Unpredictable
 * when nobody can say what is in a table.
 */
export function* repairCost(before: Image, repair: Repair): Work<RepairCost> {
  const after = openImage(repair.after);
  const views: ViewCost[] = [];
  let stillReferred = 0;
  if (isMappable(before)) {
    // Without its keys no disk can be read, whatever the tables say.
    if (!isMappable(after) || losesKeys(before, repair))
      views.push(...disksOf(before).map((disk) => viewOf(disk, 'gone')));
    else {
      const comparison = new ViewComparison({
        before,
        after,
        touched: touchedBy(repair, before),
        freed: repair.changes.freed,
        bytes: new BytesCompared(before, repair.after),
      });
      for (const [disk, now] of pairs(before, after)) {
        const [old, left] = [disk.l1(), now?.l1()];
        if (!old) {
          views.push(viewOf(disk, 'unreadable'));
          if (disk.snapshot) comparison.unreadable(disk.snapshot);
        } else if (!left) views.push(viewOf(disk, 'gone'));
        else {
          const found = yield* comparison.run(old, left, Number(disk.diskSize));
          views.push(viewOf(disk, 'kept', found));
        }
        yield;
      }
      ({ stillReferred } = comparison);
    }
  }
  const [old, now] = [bitmapsOf(before), bitmapsOf(after)];
  return {
    refusal: { before: before.refusal.open, after: after.refusal.open },
    corruptBit: { before: isCorrupt(before), after: isCorrupt(after) },
    views,
    snapshots: { before: snapshotsOf(before), after: snapshotsOf(after) },
    bitmapsGone: old.filter((name) => !now.includes(name)),
    bitmaps: { before: old.length, after: now.length },
    stillReferred,
  };
}

const PIECE = 2 ** 16;

/** Whether the LUKS header is no more what it was. */
function losesKeys({ crypto, source }: Image, { after }: Repair): boolean {
  if (!crypto) return false;
  const [old, now] = [new Uint8Array(PIECE), new Uint8Array(PIECE)];
  const from = Number(crypto.offset);
  const end = Math.min(from + Number(crypto.length), source.size);
  for (let at = from; at < end; at += PIECE) {
    if (!after.isChanged(at, PIECE)) continue;
    source.readInto(old, at);
    after.readInto(now, at);
    if (old.subarray(0, end - at).some((byte, i) => byte !== now[i])) return true;
  }
  return false;
}

/**
 * A disk, and the table that it hangs on; undefined when QEMU does not use it. Read when it is asked
 * for: 65,536 snapshots may name the same 32 MiB.
 */
interface Disk {
  readonly snapshot: Snapshot | undefined;
  readonly diskSize: bigint;
  readonly l1: () => EntryTable | undefined;
}

const disksOf = (image: MappableImage): Disk[] => [
  { snapshot: undefined, diskSize: image.geometry.virtualSize, l1: () => image.l1 },
  ...image.snapshotTable.snapshots.map((snapshot) => ({
    snapshot,
    diskSize: snapshot.diskSize ?? image.geometry.virtualSize,
    l1: () => l1Of(image, snapshot),
  })),
];

function l1Of({ source, geometry }: MappableImage, { l1Offset, l1Size }: Snapshot) {
  const isUsable = l1Offset % BigInt(geometry.clusterSize) === 0n && l1Size <= MAX_L1_BYTES / 8;
  return isUsable ? EntryTable.read(source, l1Offset, l1Size) : undefined;
}

/** Each disk with what it has become; snapshots by their L1 table, the same name first. */
function pairs(before: MappableImage, after: MappableImage): [Disk, Disk | undefined][] {
  const [active, ...left] = disksOf(after);
  const byTable = new SnapshotQueues(left, ({ l1Offset }) => String(l1Offset));
  const byName = new SnapshotQueues(left, ({ l1Offset, id }) => `${l1Offset} ${id}`);
  const taken = new Set<Disk>();
  return disksOf(before).map((disk) => {
    const { snapshot } = disk;
    if (!snapshot) return [disk, active];
    const found = byName.first(snapshot, taken) ?? byTable.first(snapshot, taken);
    if (found) taken.add(found);
    return [disk, found];
  });
}

/** Snapshots that are alike in something, in order: there may be 65,536 that all are. */
class SnapshotQueues {
  readonly #key: (snapshot: Snapshot) => string;
  readonly #queues = new Map<string, { readonly disks: Disk[]; next: number }>();

  constructor(disks: readonly Disk[], key: (snapshot: Snapshot) => string) {
    this.#key = key;
    for (const disk of disks) {
      if (!disk.snapshot) continue;
      const queue = this.#queues.get(key(disk.snapshot));
      if (queue) queue.disks.push(disk);
      else this.#queues.set(key(disk.snapshot), { disks: [disk], next: 0 });
    }
  }

  /** The first like `snapshot` that is not taken. */
  first(snapshot: Snapshot, taken: ReadonlySet<Disk>): Disk | undefined {
    const queue = this.#queues.get(this.#key(snapshot));
    if (!queue) return undefined;
    while (queue.next < queue.disks.length && taken.has(queue.disks[queue.next])) queue.next++;
    return queue.disks.at(queue.next);
  }
}

function viewOf(
  { snapshot, diskSize }: Disk,
  state: ViewCost['state'],
  found = new RangeList(Number(diskSize)),
): ViewCost {
  return {
    snapshot: snapshot && { id: snapshot.id, name: snapshot.name },
    diskSize: bytes(Number(diskSize)),
    state,
    changed: found.changed,
    ranges: found.kept,
    rangeCount: found.count,
    beyond: found.beyond,
  };
}

/** The clusters in which bytes are different, and those given free. */
function touchedBy({ after, changes }: Repair, { geometry }: MappableImage): SparseBits {
  const { clusterSize } = geometry;
  const touched = new SparseBits();
  for (const { offset, length } of after.changes())
    touched.add(Math.floor(offset / clusterSize), Math.ceil((offset + length) / clusterSize));
  for (const { from, to } of changes.freed.runs()) touched.add(from, to);
  return touched;
}

const bitmapsOf = ({ bitmaps, unreadBitmaps }: Image): string[] =>
  (bitmaps ?? unreadBitmaps)?.bitmaps.map(({ name }) => name) ?? [];

const snapshotsOf = ({ header }: Image): number => header.number('nb_snapshots');

const isCorrupt = ({ header }: Image): boolean =>
  (header.value('incompatible_features') & INCOMPATIBLE.corrupt) !== 0n;
