import { packedBytes } from './compressed.js';
import type { Driver } from '../driver.js';
import { ProcessAbort, RequestError, Unpredictable } from '../../copy/failure.js';
import { type GuestStretch, lookUpGuest } from './guestLookUp.js';
import { cut, type Part, UNKNOWN, ZEROS } from '../../copy/overlay.js';
import { MAX_WORKERS } from '../piecesAtOnce.js';

/** Why it cannot be foretold how far a read gets. */
const READ_AT_ONCE = 'a read of several stretches that fails works on them at the same time';

/**
 * What the guest disk holds in a range, for copying it: a look-up for each stretch, as QEMU's read
 * makes them (qcow2_co_preadv_part). One that fails to be read does not keep the next from being
 * looked up, which QEMU does while the first is still at work.
 */
export function readGuest(driver: Driver, guest: number, bytes: number): Part[] {
  if (bytes === 0) return [];
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  const parts: Part[] = [];
  let failed: { readonly error: RequestError; readonly slice: number } | undefined;
  let stretches = 0;
  for (let at = guest; at < guest + bytes;) {
    const slice = sliceNumber(driver, at);
    // QEMU may hear of the failure while it loads another slice, or waits for a stretch to end.
    if (failed && (slice !== failed.slice || stretches >= MAX_WORKERS))
      driver.recorder.doubt(READ_AT_ONCE);
    const stretch = lookUpGuest(driver, at, guest + bytes - at);
    try {
      parts.push(...stretchContents(driver, stretch, at));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      failed ??= { error, slice };
    }
    at += stretch.bytes;
    stretches++;
  }
  if (failed) throw failed.error;
  return parts;
}

const sliceNumber = ({ sizes }: Driver, guest: number): number =>
  Math.floor(guest / sizes.clusterSize / sizes.sliceEntries);

function stretchContents(driver: Driver, stretch: GuestStretch, guest: number): Part[] {
  const { kind, bytes, host } = stretch;
  switch (kind) {
    case 'zero-plain':
    case 'zero-allocated':
      return [{ length: bytes, content: ZEROS }];
    case 'unallocated':
    case 'unallocated-allocated':
      return [{ length: bytes, content: driver.backed ? UNKNOWN : ZEROS }];
    case 'compressed':
      return unpack(driver, stretch, guest);
    case 'normal':
      driver.pieces?.touch(host, bytes, false);
      if (driver.dataFile || driver.encrypted || !driver.file.keepsData)
        return [{ length: bytes, content: UNKNOWN }];
      driver.recorder.work(bytes);
      return driver.file.overlay.contents(host, bytes);
  }
}

/** A part of a compressed cluster. QEMU fails the request when it cannot be unpacked. */
function unpack(driver: Driver, { host, bytes, span }: GuestStretch, guest: number): Part[] {
  const { file, sizes, surroundings, image } = driver;
  driver.pieces?.touch(host, span, false);
  // Nothing but zeros, of which nothing is made.
  if (host >= file.overlay.size) throw new RequestError('EIO');
  const ours = packedBytes(driver);
  const [first] = file.overlay.contents(host, ours);
  const isDeflate = image.header.number('compression_type') === 0;
  if (first.content.kind === 'packed' && first.length === ours)
    return [{ length: bytes, content: { kind: 'fill', value: first.content.value } }];
  if (!surroundings.inflate || !isDeflate) {
    if (file.overlay.isChanged(host, span))
      throw new Unpredictable('QEMU unpacks a compressed cluster whose data were overwritten');
    driver.recorder.doubt('a compressed cluster is taken to be sound, which nothing here can tell');
    return [{ length: bytes, content: UNKNOWN }];
  }
  const data = new Uint8Array(span);
  file.read(data, host);
  const content = surroundings.inflate(data, sizes.clusterSize);
  if (content === 'failed') throw new RequestError('EIO');
  const into = guest % sizes.clusterSize;
  return cut([{ length: sizes.clusterSize, content }], into, into + bytes);
}

/** Whether a range reads as zeros, as far as one look-up tells (bdrv_co_is_zero_fast). */
export function isZeroFast(driver: Driver, guest: number, bytes: number): boolean {
  if (bytes === 0) return true;
  const found = zerosFrom(driver, guest, bytes);
  return found.zero && found.bytes === bytes;
}

/** The same with as many look-ups as it takes, and without what lies past the disk's end. */
export function isZero(driver: Driver, guest: number, bytes: number): boolean {
  const end = Math.min(guest + bytes, driver.sizes.diskSize);
  let at = guest;
  while (at < end) {
    let found: ReturnType<typeof zerosFrom>;
    try {
      found = zerosFrom(driver, at, end - at);
    } catch (error) {
      if (error instanceof RequestError) return false;
      throw error;
    }
    if (!found.zero) return false;
    at += found.bytes;
  }
  return true;
}

/** Here it is taken to hold data. */
const BACKED = 'what the backing file holds is not known: QEMU copies no zeros';

/** Whether a stretch reads as zeros, and how far (qcow2_co_block_status). */
function zerosFrom(
  driver: Driver,
  guest: number,
  bytes: number,
): { readonly zero: boolean; readonly bytes: number } {
  // A node without a driver has no length.
  if (driver.signal.dead) throw new RequestError('ENOMEDIUM');
  const inside = Math.min(bytes, driver.sizes.diskSize - guest);
  if (inside <= 0) return { zero: false, bytes: 0 };
  probePreallocation(driver);
  const stretch = lookUpGuest(driver, guest, inside);
  const { kind } = stretch;
  const unallocated = kind === 'unallocated' || kind === 'unallocated-allocated';
  if (unallocated && driver.signal.dead)
    throw new ProcessAbort(
      'segmentation fault: bdrv_co_block_status asks a node without a driver for its backing file',
    );
  if (unallocated && driver.backed) driver.recorder.doubt(BACKED);
  const zero =
    kind === 'zero-plain' || kind === 'zero-allocated' || (unallocated && !driver.backed);
  return { zero, bytes: stretch.bytes };
}

/** Bytes in which usual file systems give room to a file. */
const FILE_BLOCK = 4096;

/**
 * The first such question makes QEMU count the clusters in use, up to a number that depends on the
 * blocks that the file takes (qcow2_detect_metadata_preallocation). A failure is dropped.
 */
function probePreallocation(driver: Driver): void {
  if (driver.preallocationProbed) return;
  driver.preallocationProbed = true;
  const { sizes, surroundings, file, allocation, image } = driver;
  // Blocks inside the file are taken already, or holes of which nobody tells where they are.
  const size = Math.ceil(image.source.size / FILE_BLOCK) * FILE_BLOCK;
  const allocated =
    (surroundings.allocatedBytes ?? size) + file.overlay.blocksFrom(size, FILE_BLOCK);
  const real = Math.floor(allocated / sizes.clusterSize);
  const enough = Math.max(Math.floor((real * 10) / 9), real + 2);
  const end = Math.ceil(file.overlay.size / sizes.clusterSize);
  try {
    allocation.countUsed(end, enough);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
  }
}
