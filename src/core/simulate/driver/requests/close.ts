import { INCOMPATIBLE } from '../../../qcow2/features.js';
import type { Driver } from '../driver.js';
import { errnoText, failureOf } from '../../copy/failure.js';
import { flushNode } from './requests.js';

/** Closes the image (bdrv_close, qcow2_inactivate): what is dirty is written, unless the node is dead. */
export function close(driver: Driver): void {
  const { recorder, guard, l2Cache, refcountCache, header } = driver;
  const unflushed = failureOf(() => {
    flushNode(driver);
  });
  // QEMU names the file as it was told of it (bdrv_close).
  if (unflushed !== undefined)
    recorder.laterMessage(
      '11.1.3',
      `qemu-io: Failed flush for 'FILE' during close: ${errnoText(unflushed)}`,
    );
  if (driver.signal.dead) return;
  guard.l1Dropped();
  const lost = driver.bitmaps?.store();
  if (lost !== undefined) {
    recorder.doubt('the message names the node by a number that QEMU gives it');
    recorder.message(
      `qemu-io: Lost persistent bitmaps during inactivation of node '#block': ${lost}`,
    );
  }
  let failed = lost !== undefined;
  const write = (what: string, part: () => void): void => {
    const errno = failureOf(part);
    if (errno === undefined) return;
    failed = true;
    recorder.message(`qemu-io: Failed to flush the ${what} cache: ${errnoText(errno)}`);
  };
  write('L2 table', () => {
    l2Cache.write();
  });
  write('refcount block', () => {
    refcountCache.write();
  });
  if (failed || driver.accurateRefcounts) return;
  header.incompatible &= ~INCOMPATIBLE.dirty;
  const errno = failureOf(() => {
    driver.writeCaches();
  });
  if (errno === undefined) driver.writeHeader();
}
