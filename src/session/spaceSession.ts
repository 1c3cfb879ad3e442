import { dangerText, repairDanger } from '../core/check/repairDanger.js';
import type { Scan } from '../core/check/scan.js';
import { leakedBytes, type SpaceBill, spaceBill } from '../core/space/bill.js';
import { conversion } from '../core/space/conversion.js';
import { diskContents, type DiskContents } from '../core/space/diskContents.js';
import { messageOf } from '../core/text.js';
import type { Query } from '../protocol/questions.js';
import type { SpaceAnswer, ToldBitmap, ToldSnapshot } from '../protocol/space.js';

/** Snapshots, and bitmaps, that are told one by one. */
const MAX_TOLD = 200;

interface Added {
  readonly bill: SpaceBill;
  readonly contents: DiskContents | undefined;
}

/** Of the time that all takes, what the bill takes. */
const BILL_PART = 0.8;

function* added(scan: Scan): Generator<number, Added, void> {
  const bill = yield* scaled(spaceBill(scan), 0, BILL_PART);
  const contents = yield* scaled(diskContents(scan.image), BILL_PART, 1);
  return { bill, contents };
}

function* scaled<T>(
  work: Generator<number, T, void>,
  from: number,
  to: number,
): Generator<number, T, void> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    yield from + step.value * (to - from);
  }
}

/** The bill of a scanned image: added up once, in slices, when it is first asked for. */
export class SpaceSession {
  readonly #allocatedBytes: number | undefined;
  #steps: Generator<number, Added, void> | undefined;
  #done = 0;
  #added: Added | undefined;
  #failure: string | undefined;

  /** `allocatedBytes`: that the file takes of its file system, if that tells. */
  constructor(allocatedBytes: number | undefined) {
    this.#allocatedBytes = allocatedBytes;
  }

  /** `gone`, `bitmaps`: what is to be deleted, by its place in its table. */
  answer(scan: Scan, { gone, bitmaps, leaks }: Query<'space'>): SpaceAnswer {
    this.#steps ??= added(scan);
    if (this.#failure !== undefined) return { state: 'failed', message: this.#failure };
    if (!this.#added) return { state: 'computing', done: this.#done };
    const { bill, contents } = this.#added;
    const { image } = scan;
    const danger = repairDanger(image);
    const leaked = leakedBytes(bill);
    return {
      state: 'known',
      file: {
        bytes: bill.fileBytes,
        allocatedBytes: this.#allocatedBytes,
        endOffset: bill.endOffset,
        fullyWritten: bill.fullyWritten,
      },
      parts: bill.parts,
      snapshots: toldSnapshots(bill),
      snapshotCount: bill.snapshots.length,
      allFreedBytes: bill.freedBy(bill.snapshots.map(({ snapshot }) => snapshot.index)),
      bitmaps: toldBitmaps(bill),
      bitmapCount: bill.bitmaps.rooms.length,
      leaks: { bytes: leaked, danger: danger && dangerText(danger) },
      freedBytes: bill.freedBy(gone, leaks) + bill.bitmaps.freedBy(bitmaps) + (leaks ? leaked : 0),
      canDelete: !image.geometry.externalData,
      contents,
      convert: conversion(image, image.backingFile === undefined ? contents : undefined),
    };
  }

  /** Adds up for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#added || this.#failure !== undefined) return false;
    const end = performance.now() + milliseconds;
    try {
      do {
        const step = this.#steps.next();
        if (step.done) this.#added = step.value;
        else this.#done = step.value;
      } while (!this.#added && performance.now() < end);
    } catch (error) {
      this.#failure = messageOf(error);
    }
    return true;
  }
}

function toldSnapshots({ snapshots }: SpaceBill): ToldSnapshot[] {
  const named = new Map<string, number>();
  for (const { snapshot } of snapshots)
    named.set(snapshot.name, (named.get(snapshot.name) ?? 0) + 1);
  return snapshots.slice(0, MAX_TOLD).map(({ snapshot, exclusiveBytes, freedBytes }) => ({
    index: snapshot.index,
    name: snapshot.name,
    id: snapshot.id,
    seconds: snapshot.seconds,
    exclusiveBytes,
    freedBytes,
    vmStateBytes: Number(snapshot.vmStateSize),
    isNamesake: (named.get(snapshot.name) ?? 0) > 1,
  }));
}

const toldBitmaps = ({ bitmaps: { rooms } }: SpaceBill): ToldBitmap[] =>
  rooms.slice(0, MAX_TOLD).map((room, index) => ({ index, ...room }));
