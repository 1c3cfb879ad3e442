import type { MetadataList } from '../overlap/metadataList.js';
import type { TypeSet } from '../overlap/types.js';
import type { LaidOutImage } from '../qcow2/image.js';
import { close } from './close.js';
import { type Difference, difference } from './difference.js';
import type { Driver, Surroundings } from './driver.js';
import { errnoText, ProcessAborted, RequestFailed, Unpredictable } from './failure.js';
import type { CacheSizes } from './geometry.js';
import { AT_ONCE } from './guestWrite.js';
import type { Engine } from './guard.js';
import { writeHost } from './hostWrite.js';
import { openDriver } from './opening.js';
import type { SimulatedOperation } from './operation.js';
import type { Ending, Outcome } from './outcome.js';
import { Overlay } from './overlay.js';
import { Recorder } from './recorder.js';
import { compress, discard, flush, write, writeZeroes } from './requests.js';
import { createSnapshot, deleteSnapshot } from './snapshots.js';

export interface SimulationSettings {
  readonly guarded: TypeSet;
  readonly engine: Engine;
  /** Whether a successful write is followed by a flush, as it is with qemu-io. */
  readonly cache: 'writethrough' | 'writeback';
  readonly sizes: CacheSizes;
  readonly surroundings: Surroundings;
}

/** Whether the image opens read/write. */
export type Opened =
  | { readonly ok: true; readonly messages: readonly string[] }
  /** QEMU's refusal, or why this cannot be simulated. */
  | { readonly ok: false; readonly message: string };

/** Operations on a simulated copy of an image, as QEMU would do them; the image itself is only read. */
export class Simulation {
  readonly opened: Opened;
  /** The file as it is now. */
  readonly overlay: Overlay;
  readonly #image: LaidOutImage;
  readonly #settings: SimulationSettings;
  readonly #recorder = new Recorder();
  readonly #driver: Driver | undefined;
  /** Why nothing goes on any more. */
  #over: Ending | undefined;

  /** Throws on I/O errors. */
  constructor(image: LaidOutImage, settings: SimulationSettings) {
    this.#image = image;
    this.#settings = settings;
    this.overlay = new Overlay(image.source);
    const driver = openDriver(image, settings, this.overlay, this.#recorder);
    if (driver.ok) {
      this.#driver = driver.value;
      this.opened = { ok: true, messages: this.#recorder.take().messages };
    } else {
      this.opened = driver;
      this.#over = { state: 'failed', error: driver.message };
    }
  }

  /** The overlap structures as they are now, when they are asked. Not to be changed. */
  get structures(): MetadataList | undefined {
    return this.#driver?.guard.structures;
  }

  /** Throws on I/O errors. */
  run(operation: SimulatedOperation): Outcome {
    const ending = this.#end(operation);
    return { operation, ending, ...this.#recorder.take() };
  }

  /** What is different in the file now. */
  difference(): Difference {
    return difference(this.#image, this.overlay);
  }

  #end(operation: SimulatedOperation): Ending {
    if (this.#over || !this.#driver) return this.#over ?? CLOSED;
    try {
      this.#do(this.#driver, operation);
      return { state: 'done' };
    } catch (error) {
      if (error instanceof RequestFailed) return { state: 'failed', error: errnoText(error.errno) };
      if (error instanceof ProcessAborted) {
        this.#lose(this.#driver);
        return (this.#over = { state: 'aborted', reason: error.message });
      }
      if (error instanceof Unpredictable)
        return (this.#over = { state: 'unpredictable', reason: error.message });
      throw error;
    }
  }

  /** What is dirty in the caches is lost: which part that is depends on their order. */
  #lose(driver: Driver): void {
    if (driver.unordered) this.#recorder.doubt(AT_ONCE);
  }

  #do(driver: Driver, operation: SimulatedOperation): void {
    const through = this.#settings.cache === 'writethrough';
    switch (operation.type) {
      case 'write':
        write(driver, operation.offset, operation.length, through);
        break;
      case 'write-zeroes':
        writeZeroes(driver, operation.offset, operation.length, operation.unmap, through);
        break;
      case 'write-compressed':
        compress(driver, operation.offset, operation.length);
        break;
      case 'discard':
        discard(driver, operation.offset, operation.length);
        break;
      case 'flush':
        flush(driver);
        break;
      case 'close':
      case 'abort':
        this.#over = CLOSED;
        if (operation.type === 'close') close(driver);
        else this.#lose(driver);
        break;
      case 'snapshot-create':
        createSnapshot(driver, operation.name);
        break;
      case 'snapshot-delete':
        deleteSnapshot(driver, operation.name);
        break;
      case 'host-write':
        writeHost(driver, operation.kind, operation.offset, operation.length);
    }
  }
}

const CLOSED: Ending = { state: 'failed', error: 'the image is closed' };
