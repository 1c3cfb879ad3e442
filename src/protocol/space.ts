import type { BillPart } from '../core/space/bill.js';
import type { Conversion } from '../core/space/conversion.js';
import type { DiskContents } from '../core/space/diskContents.js';

/** What a snapshot holds; bytes. */
export interface ToldSnapshot {
  /** In the order of the snapshot table. */
  readonly index: number;
  readonly name: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  /** That it alone needs. */
  readonly exclusiveBytes: number;
  /** That its deletion gives free, net of the new snapshot table. */
  readonly freedBytes: number;
  readonly vmStateBytes: number;
  /** Another snapshot has the same name: `qemu-img snapshot -d` takes the first. */
  readonly isNamesake: boolean;
}

/** What a bitmap takes, and what its removal gives free; bytes. */
export interface ToldBitmap {
  /** In the order of the directory. */
  readonly index: number;
  readonly name: string;
  readonly bytes: number;
  readonly freedBytes: number;
}

/** Where the file's bytes go, and what the removal of what was asked about gives free. */
export type SpaceAnswer =
  /** Part of the whole done, 0 … 1. */
  | { readonly state: 'computing'; readonly done: number }
  | {
      readonly state: 'known';
      readonly file: {
        readonly bytes: number;
        /**
         * That it takes of the file system, without its holes; undefined where that does not tell. Where its
         * holes lie is not known: Node has no SEEK_HOLE.
         */
        readonly allocatedBytes: number | undefined;
        /** Behind the last cluster in use. */
        readonly endOffset: number;
        /** At most, once the guest has written its whole disk. */
        readonly fullyWritten: number;
      };
      /** They add up to the file. */
      readonly parts: readonly BillPart[];
      /** The first ones. */
      readonly snapshots: readonly ToldSnapshot[];
      readonly snapshotCount: number;
      /** What all of them together give free. */
      readonly allFreedBytes: number;
      /** The first ones. */
      readonly bitmaps: readonly ToldBitmap[];
      readonly bitmapCount: number;
      readonly leaks: {
        readonly bytes: number;
        /** What a repair would do beside dropping them: why not to. */
        readonly danger: string | undefined;
      };
      /** What goes with all that was asked about. */
      readonly freedBytes: number;
      /** QEMU deletes no snapshot of an image with an external data file. */
      readonly canDelete: boolean;
      /** Of what the image itself holds of the disk; undefined where its metadata are damaged. */
      readonly contents: DiskContents | undefined;
      readonly convert: Conversion;
    }
  | { readonly state: 'failed'; readonly message: string };
