import type { Scan } from '../core/check/scan.js';
import type { RepairedFile } from '../core/picture/repairLayer.js';
import type { Image } from '../core/qcow2/image.js';
import { changedRuns } from '../core/repair/changedRuns.js';
import { type ChangeRow, changeRows } from '../core/repair/changeRows.js';
import type { ChangeKind } from '../core/repair/changes.js';
import { ownersOf, previewRepair, type RepairPreview } from '../core/repair/cost/preview.js';
import type { RepairMode } from '../core/repair/mode.js';
import { repairLines } from '../core/repair/repair.js';
import { messageOf } from '../core/text.js';
import { hostCluster, ifKnown } from '../core/units.js';
import type { Work } from '../core/work.js';
import type { Machine } from './machine.js';
import type { RepairedFiles } from './pictures.js';
import type { PreviewedRepair, RepairsAnswer } from '../protocol/repair.js';

/** What is sent of one repair. */
const MESSAGES = 500;
/** Of each kind of change. */
const ROWS = 100;
const STEPS = 300;

/** What qemu-img check -r would do to an image, in both modes: computed once, in slices, when asked for. */
export class RepairSession {
  readonly #image: Image;
  readonly #fileName: string;
  readonly #memory: number;
  readonly #backingRefusal: Machine['backingRefusal'];
  readonly #show: (repaired: RepairedFiles) => void;
  #steps: Work<RepairsAnswer> | undefined;
  #answer: RepairsAnswer | undefined;
  /** Repairs that are weighed. */
  #weighed = 0;

  /**
   * @param memory what may be kept for a repair, in bytes
   * @param show is given the repaired files, for pictures
   */
  constructor(
    image: Image,
    fileName: string,
    memory: number,
    backingRefusal: Machine['backingRefusal'],
    show: (repaired: RepairedFiles) => void,
  ) {
    this.#show = show;
    this.#image = image;
    this.#fileName = fileName;
    this.#memory = memory;
    this.#backingRefusal = backingRefusal;
  }

  /** `scan`: undefined for an image that cannot be scanned. */
  answer(scan: Scan | undefined): RepairsAnswer {
    this.#steps ??= this.#work(scan);
    return this.#answer ?? { state: 'computing', done: this.#weighed / 2 };
  }

  /** Computes for about so many milliseconds; false when there is nothing to do. */
  advance(milliseconds: number): boolean {
    if (!this.#steps || this.#answer) return false;
    const end = performance.now() + milliseconds;
    try {
      do {
        const step = this.#steps.next();
        if (step.done) this.#answer = step.value;
      } while (!this.#answer && performance.now() < end);
    } catch (error) {
      this.#answer = { state: 'failed', message: messageOf(error) };
    }
    return true;
  }

  *#work(scan: Scan | undefined): Work<RepairsAnswer> {
    const owners = scan && (yield* ownersOf(scan));
    const { backingFile = '' } = this.#image;
    const backingRefusal = backingFile === '' ? undefined : this.#backingRefusal?.(backingFile);
    const { source } = this.#image;
    const weigh = function* (
      this: RepairSession,
      mode: RepairMode,
    ): Work<{ readonly file: RepairedFile; readonly told: PreviewedRepair }> {
      const options = {
        mode,
        filename: this.#fileName,
        memory: this.#memory,
        backingRefusal,
      };
      const preview = yield* previewRepair(this.#image, options, owners?.clusters);
      this.#weighed++;
      const { after } = preview.repair;
      const file = { source: after, changed: () => changedRuns(source, after) };
      return { file, told: told(preview, source.size) };
    }.bind(this);
    const leaks = yield* weigh('leaks');
    const all = yield* weigh('all');
    this.#show({ repairLeaks: leaks.file, repairAll: all.file });
    return {
      state: 'previewed',
      now: {
        twoOwners: owners?.clusters ?? 0,
        cluster: ifKnown(owners?.first, hostCluster),
      },
      repairs: { leaks: leaks.told, all: all.told },
    };
  }
}

function firstOfEach(rows: readonly ChangeRow[]): ChangeRow[] {
  const told = new Map<ChangeKind, number>();
  return rows.filter(({ what }) => {
    const before = told.get(what) ?? 0;
    told.set(what, before + 1);
    return before < ROWS;
  });
}

function told(preview: RepairPreview, length: number): PreviewedRepair {
  const { repair, cost, left, verdict } = preview;
  const { ending, changes } = repair;
  const lines = repairLines(repair);
  return {
    mode: repair.mode,
    verdict,
    exitCode: ending.state === 'done' ? ending.exitCode : undefined,
    fixed: repair.fixed,
    left,
    rebuilt: repair.rebuilt,
    cost,
    messages: lines.slice(0, MESSAGES),
    messageCount: lines.length + repair.messagesLeftOut,
    doubts: repair.doubts,
    changes: firstOfEach(changeRows(changes.kept)),
    totals: [...changes.totals],
    steps: repair.steps.slice(0, STEPS),
    stepCount: repair.steps.length + repair.stepsLeftOut,
    fileLength: { before: length, after: repair.after.size },
  };
}
