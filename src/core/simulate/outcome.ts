import type { TypeSet } from '../overlap/types.js';

/** What a write puts into the file, or where it takes something away. */
export type Written =
  | 'guest data'
  | 'compressed data'
  | 'zeroed area'
  | 'copy on write'
  | 'hole'
  | 'header'
  | 'header field'
  | 'L1 entry'
  | 'L1 table'
  | 'L2 slice'
  | 'refcount block'
  | 'refcount table entry'
  | 'refcount table'
  | 'snapshot table'
  | 'snapshot L1 table'
  | 'bitmap directory'
  | 'external data';

/** What is allocated and freed in host clusters. */
export type Allocated =
  | 'data'
  | 'compressed'
  | 'active-l2'
  | 'refcount-block'
  | 'refcount-table'
  | 'active-l1'
  | 'snapshot-table'
  | 'inactive-l1';

/** A write to the file. Offset and size in bytes of the host file. */
export interface WriteStep {
  readonly type: 'write';
  readonly what: Written;
  readonly offset: number;
  readonly size: number;
  /** Whether QEMU asks its overlap check first. */
  readonly checked: boolean;
  /** Types that the check is told to ignore. */
  readonly ignore: TypeSet;
  /** What stopped it: QEMU's message. Nothing was written then. */
  readonly conflict: string | undefined;
  /**
   * Guarded types, whatever the setting, that lie where it writes and are not what it writes: by
   * today's exact tables. Not 0 in a write that was done means that metadata was destroyed.
   */
  readonly hits: TypeSet;
}

/** One thing that QEMU does, in program order. Offsets in bytes of the host file unless said. */
export type Step =
  | WriteStep
  | {
      readonly type: 'look-up';
      readonly cache: CacheName;
      readonly offset: number;
      readonly hit: boolean;
      /** So many look-ups of the same table, one after the other; only the first may miss. */
      readonly count: number;
    }
  | {
      readonly type: 'allocate';
      readonly kind: Allocated;
      readonly offset: number;
      readonly clusters: number;
    }
  | {
      /** The refcount has fallen to 0. */
      readonly type: 'free';
      readonly offset: number;
      readonly clusters: number;
    }
  | {
      readonly type: 'refcount';
      readonly offset: number;
      readonly clusters: number;
      readonly change: 1 | -1;
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

export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

/** Adjacent host clusters. */
export interface ClusterRun {
  readonly offset: number;
  readonly clusters: number;
  readonly type: Allocated;
}

/** How an operation ended. */
export type Ending =
  | { readonly state: 'done' }
  /** QEMU fails the request; the errno's text. */
  | { readonly state: 'failed'; readonly error: string }
  /** QEMU itself ends with SIGABRT. */
  | { readonly state: 'aborted'; readonly reason: string }
  /** What QEMU would do cannot be foretold; nothing after this can, either. */
  | { readonly state: 'unpredictable'; readonly reason: string };

/** What came of one operation. */
export interface Outcome {
  readonly ending: Ending;
  /** Lines on stderr, in QEMU's words. */
  readonly messages: readonly string[];
  /** The first corruption that was signalled and not suppressed. */
  readonly corruption: Corruption | undefined;
  /** The first `MOST_STEPS` steps. */
  readonly steps: readonly Step[];
  readonly stepsLeftOut: number;
  readonly caches: Readonly<Record<CacheName, CacheCounts>>;
}
