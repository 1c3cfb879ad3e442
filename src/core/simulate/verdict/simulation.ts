import type { MetadataList } from '../../overlap/metadataList.js';
import { close } from '../driver/requests/close.js';
import type { MappableImage } from '../../qcow2/image.js';
import { type Difference, difference } from './difference.js';
import type { Driver } from '../driver/driver.js';
import { errnoText, ProcessAbort, RequestError, Unpredictable } from '../copy/failure.js';
import { AT_ONCE } from '../driver/requests/guestWrite.js';
import { writeHost } from '../driver/requests/hostWrite.js';
import { openDriver } from '../driver/requests/opening.js';
import type { SimulatedOperation } from '../copy/operation.js';
import type { Ending, Outcome } from '../copy/outcome.js';
import { Overlay } from '../copy/overlay.js';
import { Recorder } from '../copy/recorder.js';
import { compress, discard, flush, write, writeZeroes } from '../driver/requests/requests.js';
import type { SimulationSettings } from '../driver/settings.js';
import { createSnapshot, deleteSnapshot } from '../driver/requests/snapshots.js';
import { finish, type Work } from '../../work.js';

/** Whether the image opens read/write. */
export type OpenResult =
  | { readonly ok: true; readonly messages: readonly string[] }
  /** QEMU's refusal, or why this cannot be simulated. */
  | { readonly ok: false; readonly message: string };

/** Operations on a simulated copy of an image, as QEMU would do them; the image itself is only read. */
export class Simulation {
  readonly opened: OpenResult;
  /** The file as it is now. */
  readonly overlay: Overlay;
  readonly #image: MappableImage;
  readonly #settings: SimulationSettings;
  readonly #recorder = new Recorder();
  readonly #driver: Driver | undefined;
  /** Why nothing goes on any more. */
  #over: Ending | undefined;

  /** Throws on I/O errors. */
  constructor(image: MappableImage, settings: SimulationSettings) {
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
    return this.lists.at(0);
  }

  /** The same of all checks: of the one that is asked, and of those that look on. */
  get lists(): readonly (MetadataList | undefined)[] {
    return this.#driver?.guard.lists ?? [];
  }

  /** Why the image does not open with a check that looks on, by its place. */
  get refusals(): readonly (string | undefined)[] {
    return this.#driver?.guard.refusals ?? [];
  }

  /** Throws on I/O errors. */
  run(operation: SimulatedOperation): Outcome {
    return finish(this.steps(operation));
  }

  /** The same in steps. Once begun it must be done to its end before the next operation. */
  *steps(operation: SimulatedOperation): Work<Outcome> {
    const ending = yield* this.#end(operation);
    return { operation, ending, ...this.#recorder.take() };
  }

  /** What is different in the file now. */
  difference(): Difference {
    return finish(this.differenceSteps());
  }

  /** The same in steps. */
  differenceSteps(): Work<Difference> {
    return difference(this.#image, this.overlay);
  }

  *#end(operation: SimulatedOperation): Work<Ending> {
    const driver = this.#driver;
    if (this.#over || !driver) return this.#over ?? CLOSED;
    const wasUnordered = driver.unordered;
    const ending = yield* this.#attempt(driver, operation);
    // The caches are in the order in which pieces of a write ended: another order, another trouble.
    if (wasUnordered || driver.unordered)
      if (ending.state !== 'done' || this.#recorder.hasMessages) this.#recorder.doubt(AT_ONCE);
    return ending;
  }

  *#attempt(driver: Driver, operation: SimulatedOperation): Work<Ending> {
    try {
      yield* this.#do(driver, operation);
      return { state: 'done' };
    } catch (error) {
      if (error instanceof RequestError) return { state: 'failed', error: errnoText(error.errno) };
      if (error instanceof ProcessAbort)
        return (this.#over = { state: 'aborted', reason: error.message });
      if (error instanceof Unpredictable)
        return (this.#over = { state: 'unpredictable', reason: error.message });
      throw error;
    }
  }

  *#do(driver: Driver, operation: SimulatedOperation): Work {
    const through = this.#settings.cache === 'writethrough';
    switch (operation.type) {
      case 'write':
        yield* write(driver, operation.offset, operation.length, through);
        break;
      case 'write-zeroes':
        yield* writeZeroes(driver, operation.offset, operation.length, operation.unmap, through);
        break;
      case 'write-compressed':
        yield* compress(driver, operation.offset, operation.length);
        break;
      case 'discard':
        yield* discard(driver, operation.offset, operation.length);
        break;
      case 'flush':
        flush(driver);
        break;
      case 'close':
      case 'abort':
        this.#over = CLOSED;
        if (operation.type === 'close') close(driver);
        // What is dirty in the caches is lost: which part that is depends on their order.
        else if (driver.unordered) this.#recorder.doubt(AT_ONCE);
        break;
      case 'snapshot-create':
        yield* createSnapshot(driver, operation.name);
        break;
      case 'snapshot-delete':
        yield* deleteSnapshot(driver, operation.name);
        break;
      case 'host-write':
        writeHost(driver, operation.kind, operation.offset, operation.length);
    }
  }
}

const CLOSED: Ending = { state: 'failed', error: 'the image is closed' };
