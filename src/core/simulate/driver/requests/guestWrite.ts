import type { Driver } from '../driver.js';
import { cleaningUp, failureOf, RequestError } from '../../copy/failure.js';
import { isZeroFast } from './guestData.js';
import { intoCluster } from '../../copy/sizes.js';
import { roomForWrite } from './hostRoom.js';
import { linkPlan } from './link.js';
import { type Content, UNKNOWN, ZEROS } from '../../copy/overlay.js';
import { PiecesAtOnce, MAX_WORKERS } from '../piecesAtOnce.js';
import type { Work } from '../../../work.js';
import { hasCopy, type WritePlan } from './writePlan.js';

/** Clusters that QEMU encrypts at once (QCOW_MAX_CRYPT_CLUSTERS). */
const MAX_ENCRYPTED = 32;

const INT_MAX = 2 ** 31 - 1;

/** Why the order in which pieces are linked cannot be foretold. */
export const AT_ONCE =
  'a write of several pieces works on them at the same time, and links them as each is done';

/** A piece of a write whose data has been written, and whose clusters are still to be linked. */
interface Piece {
  readonly number: number;
  readonly plans: WritePlan[];
  readonly merged: WritePlan | undefined;
}

/**
 * The guest writes (qcow2_co_pwritev_part). Several pieces run at the same time in QEMU; here all
 * data come first, then the links in order. Failures are RequestError.
 */
export function* writeGuest(driver: Driver, guest: number, bytes: number, content: Content): Work {
  const write = new GuestWrite(driver, content);
  const { freed } = driver.refcounts;
  const pieces = (driver.pieces = new PiecesAtOnce());
  try {
    yield* write.run(guest, bytes);
  } catch (error) {
    // Nobody knows how far the other pieces were.
    if (write.isSplit) driver.recorder.doubt(AT_ONCE);
    throw error;
  } finally {
    driver.pieces = undefined;
  }
  if (!write.isSplit) return;
  driver.unordered = true;
  // What one piece frees, another may take; and they complain in any order.
  if (pieces.collided || driver.refcounts.freed > freed || driver.recorder.hasMessages)
    driver.recorder.doubt(AT_ONCE);
}

class GuestWrite {
  /** There are several pieces. */
  isSplit = false;
  readonly #driver: Driver;
  readonly #content: Content;
  readonly #running: Piece[] = [];
  #started = 0;
  #failure: RequestError | undefined;

  constructor(driver: Driver, content: Content) {
    this.#driver = driver;
    this.#content = content;
  }

  *run(guest: number, bytes: number): Work {
    for (let done = 0; done < bytes && !this.#failure;) {
      done += this.#start(guest + done, bytes - done);
      if (this.#running.length === MAX_WORKERS) this.#finish();
      yield;
    }
    while (this.#running.length > 0) this.#finish();
    if (this.#failure) throw this.#failure;
  }

  /** Finds room for a piece and writes its data; the result is its length. */
  #start(guest: number, bytes: number): number {
    const driver = this.#driver;
    const plans: WritePlan[] = [];
    const number = this.#started++;
    this.#atWork(number);
    let length = 0;
    this.#undoing(plans, () => {
      const most = Math.min(bytes, mostAtOnce(driver, guest));
      const room = roomForWrite(driver, guest, most, plans);
      if (room.bytes < bytes) this.isSplit = true;
      if (!driver.dataFile) driver.file.check('guest data', 0, room.host, room.bytes);
      const merged = writeData(driver, room.host, guest, room.bytes, this.#content, plans);
      if (plans.length > 0) this.#running.push({ number, plans, merged });
      length = room.bytes;
    });
    return length;
  }

  /** Links the clusters of the oldest running piece. */
  #finish(): void {
    const piece = this.#running.shift();
    if (!piece) return;
    const { number, plans, merged } = piece;
    this.#atWork(number);
    this.#undoing(plans, () => {
      for (let plan = plans.at(0); plan; plan = plans.at(0)) {
        linkPlan(this.#driver, plan, plan === merged ? this.#content : undefined);
        plans.shift();
      }
    });
  }

  #atWork(number: number): void {
    if (this.#driver.pieces) this.#driver.pieces.piece = number;
  }

  /** Runs a part; when it fails, the clusters that it has not linked are given back. */
  #undoing(plans: readonly WritePlan[], part: () => void): void {
    const errno = failureOf(() => {
      cleaningUp(part, () => {
        abandon(this.#driver, plans);
      });
    });
    if (errno !== undefined) this.#failure ??= new RequestError(errno);
  }
}

function mostAtOnce(driver: Driver, guest: number): number {
  const { sizes } = driver;
  if (!driver.encrypted) return INT_MAX;
  return MAX_ENCRYPTED * sizes.clusterSize - intoCluster(sizes, guest);
}

/**
 * Zeroes new areas where that is cheaper than copying, and writes the data, unless they are to be
 * written along with what is copied for the plan that is the result (qcow2_co_pwritev_task).
 */
function writeData(
  driver: Driver,
  host: number,
  guest: number,
  bytes: number,
  content: Content,
  plans: WritePlan[],
): WritePlan | undefined {
  zeroAreas(driver, plans);
  const merged = plans.find(
    (plan) =>
      hasCopy(plan) &&
      !plan.skipCopy &&
      plan.guest + plan.before.to === guest &&
      plan.guest + plan.behind.from === guest + bytes,
  );
  if (!merged) {
    driver.pieces?.touch(host, bytes, true);
    const parts = [{ length: bytes, content: driver.encrypted ? UNKNOWN : content }];
    if (driver.dataFile) driver.writeExternal(host, parts);
    else driver.file.writeAfterCheck('guest data', host, parts);
  }
  return merged;
}

/** Where all that would be copied reads as zeros, the whole area is zeroed (handle_alloc_space). */
function zeroAreas(driver: Driver, plans: readonly WritePlan[]): void {
  if (driver.encrypted) return;
  for (const plan of plans) {
    if (!hasCopy(plan)) continue;
    const { before, behind } = plan;
    if (!isZeroFast(driver, plan.guest + before.from, before.to - before.from)) continue;
    if (!isZeroFast(driver, plan.guest + behind.from, behind.to - behind.from)) continue;
    const start = plan.host + before.from;
    const parts = [{ length: behind.to - before.from, content: ZEROS }];
    driver.pieces?.touch(start, behind.to - before.from, true);
    if (driver.dataFile) driver.writeExternal(start, parts);
    else driver.file.writeChecked('zeroed area', 0, start, parts);
    plan.skipCopy = true;
  }
}

/** New clusters that will not be linked are freed (qcow2_alloc_cluster_abort). */
function abandon(driver: Driver, plans: readonly WritePlan[]): void {
  for (const { keepsOld, host, clusters } of plans)
    if (!driver.dataFile && !keepsOld)
      driver.refcounts.free(host, clusters * driver.sizes.clusterSize, 'never', 'data');
}
