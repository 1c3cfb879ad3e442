import type { MetadataList } from '../overlap/metadataList.js';
import type { StructureSettings } from '../overlap/settings.js';
import type { TypeSet } from '../overlap/types.js';
import type { LaidOutImage } from '../qcow2/image.js';
import type { SimulatedOperation } from './operation.js';
import type { Outcome } from './outcome.js';

/** Sizes of the metadata caches in bytes, as QEMU's options have them. */
export interface CacheSizes {
  readonly cacheSize?: number | undefined;
  readonly l2CacheSize?: number | undefined;
  readonly l2CacheEntrySize?: number | undefined;
  readonly refcountCacheSize?: number | undefined;
}

/** Which overlap check is asked. */
export type Engine =
  | { readonly type: 'today' }
  | ({ readonly type: 'structures' } & Omit<StructureSettings, 'guarded'>);

export interface SimulationSettings {
  readonly guarded: TypeSet;
  readonly engine: Engine;
  /** Whether a successful write is followed by a flush, as with qemu-io. */
  readonly cache: 'writethrough' | 'writeback';
  readonly sizes: CacheSizes;
}

/** Whether the image opens read/write. */
export type Opened = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Operations on a simulated copy of an image; the image itself is only read. */
export class Simulation {
  readonly opened: Opened;
  /** The structures as they are now, when they are the chosen engine and guard anything. */
  readonly structures: MetadataList | undefined;

  constructor(_image: LaidOutImage, _settings: SimulationSettings) {
    this.opened = { ok: true };
  }

  /** Throws on I/O errors. */
  run(_operation: SimulatedOperation): Outcome {
    return {
      ending: { state: 'unpredictable', reason: 'not simulated yet' },
      messages: [],
      corruption: undefined,
      steps: [],
      stepsLeftOut: 0,
      caches: { l2: { hits: 0, misses: 0 }, refcount: { hits: 0, misses: 0 } },
    };
  }
}
