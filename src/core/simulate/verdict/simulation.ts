import type { MetadataList } from '../../overlap/metadataList.js';
import { close } from '../driver/requests/close.js';
import { BudgetError } from '../../map/budget.js';
import { INCOMPATIBLE } from '../../qcow2/features.js';
import { isMappable, type MappableImage, openImage } from '../../qcow2/image.js';
import { scanned } from '../../check/scan.js';
import { type OpeningRepair, repairDirty } from '../../repair/openingRepair.js';
import { RepairCopy } from '../../repair/repairCopy.js';
import type { ParseResult } from '../../size.js';
import { type Difference, difference } from './difference.js';
import type { Driver } from '../driver/driver.js';
import { errnoText, ProcessAbort, RequestError, Unpredictable } from '../copy/failure.js';
import { AT_ONCE } from '../driver/requests/guestWrite.js';
import { writeHost } from '../driver/requests/hostWrite.js';
import { openDriver, refusedAfterOpening } from '../driver/requests/opening.js';
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
  | {
      readonly ok: true;
      readonly messages: readonly string[];
      /** What a dirty image was repaired of first. */
      readonly repair: OpeningRepair | undefined;
    }
  /** QEMU's refusal, or why this cannot be simulated. */
  | { readonly ok: false; readonly message: string };

/** What happens while an image is opened, or not opened in the end. */
export interface OpeningNotes extends Pick<
  Outcome,
  'messages' | 'steps' | 'stepsLeftOut' | 'doubts'
> {
  /** Lines that are not kept, since there are too many. */
  readonly messagesLeftOut: number;
}

/** An image on its way to being opened. */
interface Opening {
  readonly image: MappableImage;
  readonly settings: SimulationSettings;
  readonly overlay: Overlay;
  readonly recorder: Recorder;
}

interface Opened {
  readonly driver: Driver;
  readonly repair: OpeningRepair | undefined;
}

/** Operations on a simulated copy of an image, as QEMU would do them; the image itself is only read. */
export class Simulation {
  readonly opened: OpenResult;
  readonly notes: OpeningNotes;
  /** The file as it is now. */
  readonly overlay: Overlay;
  readonly #image: MappableImage;
  readonly #settings: SimulationSettings;
  readonly #recorder: Recorder;
  readonly #driver: Driver | undefined;
  /** Why nothing goes on any more. */
  #over: Ending | undefined;

  private constructor(opening: Opening, notes: OpeningNotes, tried: ParseResult<Opened>) {
    this.#image = opening.image;
    this.#settings = opening.settings;
    this.#recorder = opening.recorder;
    this.overlay = opening.overlay;
    this.notes = notes;
    this.#driver = tried.ok ? tried.value.driver : undefined;
    this.opened = tried.ok
      ? { ok: true, messages: notes.messages, repair: tried.value.repair }
      : tried;
    if (!tried.ok) this.#over = { state: 'failed', error: tried.message };
  }

  /** Opens the copy. Throws on I/O errors. */
  static open(image: MappableImage, settings: SimulationSettings): Simulation {
    return finish(Simulation.opening(image, settings));
  }

  /** The same in steps: a dirty image is repaired first. */
  static *opening(image: MappableImage, settings: SimulationSettings): Work<Simulation> {
    const opening = { image, settings, recorder: new Recorder() };
    const incompatible = image.header.value('incompatible_features');
    if ((incompatible & INCOMPATIBLE.dirty) !== 0n) {
      const overlay = new RepairCopy(image.source, image.geometry.clusterSize, true);
      return yield* Simulation.#repaired({ ...opening, overlay }, overlay);
    }
    const whole = { ...opening, overlay: new Overlay(image.source) };
    const driver = openDriver(image, settings, whole.overlay, whole.recorder);
    if (!driver.ok) return Simulation.#tried(whole, driver);
    return Simulation.#open(whole, { driver: driver.value, repair: undefined });
  }

  static *#repaired(opening: Opening, copy: RepairCopy): Work<Simulation> {
    const { image, settings, recorder } = opening;
    const driver = openDriver(image, settings, copy, recorder);
    if (!driver.ok) return Simulation.#tried(opening, driver);
    const repair = yield* mended(driver.value, copy);
    if (!repair.ok) return Simulation.#tried(opening, repair);
    if (settings.map) {
      const after = openImage(copy);
      if (isMappable(after)) driver.value.claims?.renew((yield* scanned(after)).map);
    }
    return Simulation.#open(opening, { driver: driver.value, repair: repair.value });
  }

  /** What the driver has opened, unless the block layer has something against it. */
  static #open(opening: Opening, opened: Opened): Simulation {
    const message = refusedAfterOpening(opening.image);
    if (message === undefined) return Simulation.#tried(opening, { ok: true, value: opened });
    close(opened.driver);
    return Simulation.#tried(opening, { ok: false, message });
  }

  static #tried(opening: Opening, tried: ParseResult<Opened>): Simulation {
    const { messagesLeftOut } = opening.recorder;
    const { messages, steps, stepsLeftOut, doubts } = opening.recorder.take();
    const lines = messages.map((line) => line.replace(/^qemu-img: /, 'qemu-io: '));
    const notes = { messages: lines, messagesLeftOut, steps, stepsLeftOut, doubts };
    return new Simulation(opening, notes, tried);
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

/** The repair of a dirty image, or why it does not open then. */
function* mended(driver: Driver, copy: RepairCopy): Work<ParseResult<OpeningRepair>> {
  try {
    return yield* repairDirty(driver, copy);
  } catch (error) {
    if (error instanceof ProcessAbort)
      return { ok: false, message: `QEMU itself crashes: ${error.message}` };
    if (error instanceof Unpredictable) return { ok: false, message: error.message };
    if (error instanceof BudgetError)
      return { ok: false, message: `gave up on the repair of the dirty image: ${error.message}` };
    throw error;
  }
}

const CLOSED: Ending = { state: 'failed', error: 'the image is closed' };
