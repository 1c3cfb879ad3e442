import { bytes, hostOffset } from '../units.js';
import { Budget } from '../map/budget.js';
import { DEFAULT_MEMORY } from '../check/scan.js';
import { readHeader } from '../qcow2/header.js';
import { type Image, isMappable, isSaidAfterOpening } from '../qcow2/image.js';
import { hex } from '../bytes.js';
import { ProcessAbort, RequestError, Unpredictable } from '../simulate/copy/failure.js';
import { allMessages } from '../simulate/copy/laterMessages.js';
import type { LaterMessage } from '../simulate/copy/outcome.js';
import type { Overlay } from '../simulate/copy/overlay.js';
import { close } from '../simulate/driver/requests/close.js';
import type { Work } from '../work.js';
import { ChangeList } from './changes.js';
import { type Counts, passErrnoText, PassFailed } from './counts.js';
import { FIX_NOTHING, fixingOf, type RepairMode } from './mode.js';
import { openForCheck } from './openForCheck.js';
import { checkOnce } from './pass.js';
import { RepairCopy } from './repairCopy.js';
import { RepairRecorder } from './repairRecorder.js';
import type { RepairStep } from './repairSteps.js';
import { type FileSystem, LINUX_FILE_SYSTEM, type RepairState } from './repairState.js';

/** How a repair is asked for. */
export interface RepairOptions {
  readonly mode: RepairMode;
  /** The name that QEMU is given: it stands in messages. */
  readonly filename: string;
  readonly fileSystem?: FileSystem;
  /** Bytes for the counts. */
  readonly memory?: number | undefined;
  /** Why the backing file cannot be opened, in QEMU's words; undefined when it can, or there is none. */
  readonly backingRefusal?: string | undefined;
}

/** How the run of qemu-img ends. */
export type RepairEnding =
  | {
      readonly state: 'done';
      /** 0 sound, 1 failed (see `messages`), 2 corruptions left, 3 leaks left, 63 no qcow2 image. */
      readonly exitCode: 0 | 1 | 2 | 3 | 63;
    }
  /** QEMU itself crashes: an assertion fails, or it reads where nothing is. */
  | { readonly state: 'aborted'; readonly reason: string }
  /** What QEMU would do depends on what cannot be known from the image. */
  | { readonly state: 'unpredictable'; readonly reason: string };

/**
 * What `qemu-img check -r` would do to an image. The image itself was only read: `after` is the file as
 * it would be, which can be opened (`openImage`), scanned and drawn like any other.
 */
export interface Repair {
  readonly mode: RepairMode;
  readonly ending: RepairEnding;
  /**
   * The counts that qemu-img prints: those of the last pass, with what the first has fixed. Undefined
   * when it prints none.
   */
  readonly counts: Readonly<Counts> | undefined;
  /** Passes over the image: the second one looks at what the first has left. */
  readonly passes: 0 | 1 | 2;
  /** What the first pass has fixed, whatever became of the second. */
  readonly fixed: { readonly corruptions: number; readonly leaks: number };
  /** The refcount structures were built anew. */
  readonly rebuilt: boolean;
  /** The node died meanwhile: QEMU does not know any more what format it had. */
  readonly isDead: boolean;
  /** stderr, line by line, in order. */
  readonly messages: readonly string[];
  /** Lines that are not kept, since there are too many. */
  readonly messagesLeftOut: number;
  /** Lines that newer versions print, too. */
  readonly laterMessages: readonly LaterMessage[];
  readonly changes: ChangeList;
  /** What it writes, in QEMU's order. */
  readonly steps: readonly RepairStep[];
  /** Steps that are not kept, since there are too many. */
  readonly stepsLeftOut: number;
  readonly after: Overlay;
  /** The repair has changed bytes or the length of the file. */
  readonly isChanged: boolean;
  /** Why another run of QEMU might do it in another way, if it might. */
  readonly doubts: readonly string[];
}

/** Simulates a repair, in steps. Throws on I/O errors, and BudgetError when the memory does not do. */
export function* repair(image: Image, options: RepairOptions): Work<Repair> {
  return yield* new Run(image, options).run();
}

/** Who opens a file for writing without a format is warned when it has none that QEMU knows. */
const probedRaw = (filename: string): readonly string[] => [
  `WARNING: Image format was not specified for '${filename}' and probing guessed raw.`,
  '         Automatically detecting the format is dangerous for raw images, write operations on block 0 will be restricted.',
  "         Specify the 'raw' format explicitly to remove the restrictions.",
];

const NO_CHECKS = 'qemu-img: This image format does not support checks';

/** For files without a geometry, which nobody repairs. */
const MIN_CLUSTER_SIZE = 512;

class Run {
  readonly #image: Image;
  readonly #options: RepairOptions;
  readonly #changes = new ChangeList();
  readonly #recorder = new RepairRecorder();
  readonly #overlay: RepairCopy;
  readonly #fileSystem: FileSystem;
  #counts: Counts | undefined;
  #passes: 0 | 1 | 2 = 0;
  #fixed = { corruptions: 0, leaks: 0 };
  #rebuilt = false;
  #isDead = false;

  constructor(image: Image, options: RepairOptions) {
    this.#image = image;
    this.#options = options;
    this.#fileSystem = options.fileSystem ?? LINUX_FILE_SYSTEM;
    this.#overlay = new RepairCopy(
      image.source,
      image.geometry?.clusterSize ?? MIN_CLUSTER_SIZE,
      this.#fileSystem.punchesHoles,
    );
  }

  *run(): Work<Repair> {
    const ending = yield* this.#attempt();
    this.#headerFields();
    const { messages, laterMessages, doubts } = this.#recorder.take();
    return {
      mode: this.#options.mode,
      ending,
      counts: this.#counts,
      passes: this.#passes,
      fixed: this.#fixed,
      rebuilt: this.#rebuilt,
      isDead: this.#isDead,
      messages: messages.map((line) => this.#asQemuImg(line)),
      messagesLeftOut: this.#recorder.messagesLeftOut,
      laterMessages: laterMessages.map((m) => ({ ...m, text: this.#asQemuImg(m.text) })),
      changes: this.#changes,
      steps: this.#recorder.writes.kept,
      stepsLeftOut: this.#recorder.writes.leftOut,
      after: this.#overlay,
      isChanged:
        this.#overlay.size !== this.#image.source.size || !this.#overlay.changes().next().done,
      doubts,
    };
  }

  /** The driver's messages are those of qemu-io; and they name the file. */
  #asQemuImg(line: string): string {
    return line
      .replace(/^qemu-io: /, 'qemu-img: ')
      .replace("for 'FILE'", `for '${this.#options.filename}'`);
  }

  *#attempt(): Work<RepairEnding> {
    const image = this.#image;
    if (image.foreign) {
      for (const line of [...probedRaw(this.#options.filename), NO_CHECKS])
        this.#recorder.message(line);
      return { state: 'done', exitCode: 63 };
    }
    try {
      return { state: 'done', exitCode: yield* this.#repair(image) };
    } catch (error) {
      if (error instanceof ProcessAbort) return { state: 'aborted', reason: error.message };
      if (error instanceof Unpredictable) return { state: 'unpredictable', reason: error.message };
      throw error;
    }
  }

  /** The run of qemu-img (img_check); the result is its exit code. */
  *#repair(image: Image): Work<0 | 1 | 2 | 3> {
    const { filename, mode, memory, backingRefusal } = this.#options;
    const recorder = this.#recorder;
    const refuse = (reason: string): 1 => {
      recorder.message(`qemu-img: Could not open '${filename}': ${reason}`);
      return 1;
    };
    const refusal = image.refusal.check;
    const isLate = isSaidAfterOpening(refusal);
    if (!isMappable(image) || (refusal !== undefined && !isLate)) {
      for (const line of image.warnings) recorder.message(line);
      return refuse(refusal ?? 'The file has too many clusters');
    }
    const opened = openForCheck(image, this.#overlay, recorder);
    if (!opened.ok) return refuse(opened.message);
    const driver = opened.value;
    const whyNot = isLate ? refusal : backingRefusal;
    if (whyNot !== undefined) {
      recorder.writes.phase = 'closing';
      close(driver);
      return refuse(whyNot);
    }
    const state: RepairState = {
      driver,
      copy: this.#overlay,
      recorder,
      changes: this.#changes,
      budget: new Budget(memory ?? DEFAULT_MEMORY),
      fileSystem: this.#fileSystem,
      keepsCaches: false,
    };
    recorder.writes.phase = 'checking';
    const exitCode = yield* this.#passesOver(state, mode);
    recorder.writes.phase = 'closing';
    close(driver);
    return exitCode;
  }

  *#passesOver(state: RepairState, mode: RepairMode): Work<0 | 1 | 2 | 3> {
    const { recorder } = state;
    try {
      this.#passes = 1;
      const first = yield* checkOnce(state, fixingOf(mode));
      this.#rebuilt = first.rebuilt;
      let { counts } = first;
      const { corruptionsFixed, leaksFixed } = counts;
      this.#fixed = { corruptions: corruptionsFixed, leaks: leaksFixed };
      if (corruptionsFixed > 0 || leaksFixed > 0) {
        this.#passes = 2;
        const second = yield* checkOnce(state, FIX_NOTHING);
        counts = { ...second.counts, corruptionsFixed, leaksFixed };
      }
      this.#counts = counts;
      this.#isDead = state.driver.signal.dead;
      if (counts.checkErrors > 0) {
        recorder.message('qemu-img: Check failed');
        return 1;
      }
      return counts.corruptions > 0 ? 2 : counts.leaks > 0 ? 3 : 0;
    } catch (error) {
      if (!(error instanceof PassFailed) && !(error instanceof RequestError)) throw error;
      recorder.message(`qemu-img: Check failed: ${passErrnoText(error.errno)}`);
      return 1;
    }
  }

  /** What the header says otherwise than before. */
  #headerFields(): void {
    const { header } = this.#image;
    if (!this.#overlay.isChanged(0, 512)) return;
    const after = readHeader(this.#overlay);
    for (const { name, offset, size } of after.fields) {
      const [old, now] = [header.value(name), after.value(name)];
      if (old !== now)
        this.#changes.add('header-field', () => ({
          offset: hostOffset(offset),
          length: bytes(size),
          field: name,
          before: hex(old),
          after: hex(now),
        }));
    }
  }
}

/** What QEMU says on stderr; lines of newer versions say so. */
export const repairLines = (repaired: Pick<Repair, 'messages' | 'laterMessages'>): string[] =>
  allMessages(
    repaired,
    (text) => text,
    ({ text, since }) => `${text} (since QEMU ${since})`,
  );
