import type { Driver } from './driver.js';
import { RequestFailed } from './failure.js';
import { lookUpGuest } from './guestLookUp.js';
import { type Part, UNKNOWN, ZEROS } from './overlay.js';

/**
 * What the guest disk holds in a range, for copying it: a look-up for each stretch, as QEMU's read
 * makes them (qcow2_co_preadv_part).
 */
export function readGuest(driver: Driver, guest: number, bytes: number): Part[] {
  if (bytes === 0) return [];
  if (driver.signal.dead) throw new RequestFailed('ENOMEDIUM');
  const parts: Part[] = [];
  let at = guest;
  while (at < guest + bytes) {
    const stretch = lookUpGuest(driver, at, guest + bytes - at);
    parts.push(...stretchContents(driver, stretch));
    at += stretch.bytes;
  }
  return parts;
}

function stretchContents(
  driver: Driver,
  { kind, bytes, host }: ReturnType<typeof lookUpGuest>,
): Part[] {
  switch (kind) {
    case 'zero-plain':
    case 'zero-allocated':
      return [{ length: bytes, content: ZEROS }];
    case 'unallocated':
    case 'unallocated-allocated':
      return [{ length: bytes, content: driver.backed ? UNKNOWN : ZEROS }];
    case 'compressed':
      return [{ length: bytes, content: UNKNOWN }];
    case 'normal':
      if (driver.dataFile || driver.encrypted) return [{ length: bytes, content: UNKNOWN }];
      driver.recorder.work(bytes);
      return driver.file.overlay.contents(host, bytes);
  }
}

/** Whether a range reads as zeros, as far as one look-up tells (bdrv_co_is_zero_fast). */
export function isZeroFast(driver: Driver, guest: number, bytes: number): boolean {
  if (bytes === 0) return true;
  const found = zerosFrom(driver, guest, bytes);
  return found.zero && found.bytes === bytes;
}

/** The same with as many look-ups as it takes, and without what lies past the disk's end. */
export function isZero(driver: Driver, guest: number, bytes: number): boolean {
  const end = Math.min(guest + bytes, driver.geometry.diskSize);
  let at = guest;
  while (at < end) {
    let found: ReturnType<typeof zerosFrom>;
    try {
      found = zerosFrom(driver, at, end - at);
    } catch (error) {
      if (error instanceof RequestFailed) return false;
      throw error;
    }
    if (!found.zero) return false;
    at += found.bytes;
  }
  return true;
}

/** Whether a stretch reads as zeros, and how far (qcow2_co_block_status). */
function zerosFrom(
  driver: Driver,
  guest: number,
  bytes: number,
): { readonly zero: boolean; readonly bytes: number } {
  const inside = Math.min(bytes, driver.geometry.diskSize - guest);
  if (inside <= 0) return { zero: false, bytes: 0 };
  probePreallocation(driver);
  const stretch = lookUpGuest(driver, guest, inside);
  const { kind } = stretch;
  const unallocated = kind === 'unallocated' || kind === 'unallocated-allocated';
  const zero =
    kind === 'zero-plain' || kind === 'zero-allocated' || (unallocated && !driver.backed);
  return { zero, bytes: stretch.bytes };
}

/**
 * The first such question makes QEMU count the clusters in use, up to a number that depends on the
 * blocks that the file takes (qcow2_detect_metadata_preallocation). A failure is dropped.
 */
function probePreallocation(driver: Driver): void {
  if (driver.preallocationProbed) return;
  driver.preallocationProbed = true;
  const { geometry, surroundings, file, allocator } = driver;
  const real = Math.floor(
    (surroundings.allocatedBytes ?? file.overlay.size) / geometry.clusterSize,
  );
  const enough = Math.max(Math.floor((real * 10) / 9), real + 2);
  const end = Math.ceil(file.overlay.size / geometry.clusterSize);
  try {
    allocator.countUsed(end, enough);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
  }
}
