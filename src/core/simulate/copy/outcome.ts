import type { TypeSet } from '../../overlap/types.js';
import type { SimulatedOperation } from './operation.js';

/** What lay where a write was done that had no business there. Bytes of the host file. */
export interface Loss {
  readonly offset: number;
  readonly size: number;
  /** Kinds (see map/kinds.ts) of what is lost; the writer's own only if another claims it. */
  readonly kinds: number;
}

/** What a write puts into the file, or where it takes something away. */
export type WriteKind =
  | 'guest data'
  | 'compressed data'
  | 'zeroed area'
  | 'copy on write'
  | 'hole'
  /** In a cluster that keeps its reference (discard-no-unref). */
  | 'hole in kept data'
  | 'header'
  | 'header field'
  | 'L1 entry'
  | 'L1 table'
  | 'L2 slice'
  | 'L2 table'
  | 'refcount block'
  | 'refcount table entry'
  | 'refcount table'
  | 'snapshot table'
  | 'snapshot L1 table'
  | 'bitmap directory'
  | 'bitmap table'
  | 'bitmap data'
  /** To the external data file, at an offset of that file. */
  | 'external data';

/** What is allocated and freed in host clusters. */
export type AllocationKind =
  | 'data'
  | 'compressed'
  | 'active-l2'
  | 'refcount-block'
  | 'refcount-table'
  | 'snapshot-table'
  | 'inactive-l1'
  | 'bitmap-directory'
  | 'bitmap-table'
  | 'bitmap-data';

/** A write to the file. Offset and size in bytes of the host file. */
export interface WriteStep {
  readonly type: 'write';
  readonly what: WriteKind;
  readonly offset: number;
  readonly size: number;
  /** Whether QEMU asks its overlap check first. */
  readonly checked: boolean;
  /** Types that the check is told to ignore. */
  readonly ignore: TypeSet;
  /** What stopped it: QEMU's message. Nothing was written then. */
  readonly conflict: string | undefined;
  /**
   * Guarded types, whatever the setting, that lie where it writes and that it has no business with:
   * by today's exact tables.
   */
  readonly hits: TypeSet;
  /** What a write that was done has overwritten: those tables, and whatever else others claim. */
  readonly losses: readonly Loss[];
}

export type CacheName = 'l2' | 'refcount';

/** What QEMU signals when it finds that the image is corrupt (BLOCK_IMAGE_CORRUPTED). */
export interface Corruption {
  readonly message: string;
  /** Of the write that was prevented, in bytes; undefined when it is about no write. */
  readonly offset: number | undefined;
  readonly size: number | undefined;
  /** The image is marked and the node dead. */
  readonly fatal: boolean;
}

/** One thing that QEMU does, in program order. Offsets in bytes of the host file unless said. */
export type Step =
  | WriteStep
  | {
      readonly type: 'look-up';
      readonly cache: CacheName;
      readonly offset: number;
      /** Of the first one; the others find what it brought. */
      readonly hit: boolean;
      /** So many look-ups of the same table, one after the other. */
      readonly count: number;
    }
  /** `free`: the refcount has fallen to 0. */
  | {
      readonly type: 'allocate' | 'free';
      readonly kind: AllocationKind;
      readonly offset: number;
      readonly clusters: number;
    }
  | {
      readonly type: 'l1-entry';
      readonly index: number;
      /** Hexadecimal, `0x…`. */
      readonly old: string;
      readonly new: string;
    }
  | {
      readonly type: 'l2-entry';
      /** On the guest disk. */
      readonly guestOffset: number;
      readonly old: string;
      readonly new: string;
    }
  | { readonly type: 'corruption'; readonly corruption: Corruption };

/** How an operation ended. */
export type Ending =
  | { readonly state: 'done' }
  /** QEMU fails the request; the errno's text. */
  | { readonly state: 'failed'; readonly error: string }
  /** QEMU itself ends with SIGABRT. */
  | { readonly state: 'aborted'; readonly reason: string }
  /** What QEMU would do cannot be foretold, nor what comes after. */
  | { readonly state: 'unpredictable'; readonly reason: string };

/** Look-ups of one cache. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

/** A line on stderr that older versions of QEMU do not print. */
export interface LaterMessage {
  readonly text: string;
  /** The first version that does. */
  readonly since: string;
  /** It comes before the message of this place. */
  readonly before: number;
}

/** What came of one operation. */
export interface Outcome {
  readonly operation: SimulatedOperation;
  readonly ending: Ending;
  /** Lines on stderr, in QEMU's words. */
  readonly messages: readonly string[];
  readonly laterMessages: readonly LaterMessage[];
  /** Why another run of QEMU might do it in another way, if it might. */
  readonly doubts: readonly string[];
  /** The first corruption that was signalled and not suppressed. */
  readonly corruption: Corruption | undefined;
  readonly steps: readonly Step[];
  /** Steps that are too many to be kept. */
  readonly stepsLeftOut: number;
  readonly caches: Readonly<Record<CacheName, CacheCounts>>;
}
