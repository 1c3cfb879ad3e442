import type { BillPart } from '../core/space/bill.js';

/** What a snapshot holds; bytes. */
export interface ToldSnapshot {
  /** In the order of the snapshot table. */
  readonly index: number;
  readonly name: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** That its deletion gives free, net of the new snapshot table. */
  readonly freedBytes: number;
  /** Another snapshot has the same name: `qemu-img snapshot -d` takes the first. */
  readonly isNamesake: boolean;
}

/** Where the file's bytes go, and what deleting the snapshots that were asked about gives free. */
export type SpaceAnswer =
  /** Part of the whole done, 0 … 1. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'known';
      /** They add up to the file. */
      readonly parts: readonly BillPart[];
      /** The first ones. */
      readonly snapshots: readonly ToldSnapshot[];
      readonly snapshotCount: number;
      /** What all of them together give free, and those that were asked about. */
      readonly allFreedBytes: number;
      readonly freedBytes: number;
      /** QEMU deletes no snapshot of an image with an external data file. */
      readonly canDelete: boolean;
    }
  | { readonly state: 'failed'; readonly message: string };
