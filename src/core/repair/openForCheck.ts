import { AUTOCLEAR } from '../qcow2/features.js';
import type { MappableImage } from '../qcow2/image.js';
import { NO_SNAPSHOTS } from '../qcow2/openSnapshots.js';
import { TEMPLATES } from '../overlap/types.js';
import type { ParseResult } from '../size.js';
import { RequestError } from '../simulate/copy/failure.js';
import type { Overlay } from '../simulate/copy/overlay.js';
import type { Recorder } from '../simulate/copy/recorder.js';
import { sizesOf } from '../simulate/copy/sizes.js';
import { Driver } from '../simulate/driver/driver.js';
import { Bitmaps } from '../simulate/driver/requests/bitmaps.js';
import { Guard } from '../simulate/guard/guard.js';
import { updateHeader } from './pass.js';

/** Autoclear bits that QEMU knows. */
const KNOWN_AUTOCLEAR = AUTOCLEAR.bitmaps | AUTOCLEAR.rawExternalData;

/**
 * The driver as it is after opening an image for a check that repairs (qcow2_do_open, BDRV_O_CHECK), with
 * what opening writes; or QEMU's refusal. The snapshot table is not read, and what writes the header
 * meanwhile writes one without snapshots.
 */
export function openForCheck(
  image: MappableImage,
  overlay: Overlay,
  recorder: Recorder,
): ParseResult<Driver> {
  const unread: MappableImage = { ...image, snapshotTable: NO_SNAPSHOTS, snapshotsOffset: 0 };
  const sized = sizesOf(image.geometry, {});
  if (!sized.ok) return sized;
  const checking = { guarded: TEMPLATES.cached, engine: { type: 'today' } } as const;
  const guard = Guard.open(unread, overlay, recorder, checking, undefined);
  if (!guard.ok) return guard;
  const driver = new Driver({
    image: unread,
    ...sized.value,
    guard: guard.value,
    overlay,
    recorder,
    surroundings: { allocatedBytes: undefined, inflate: undefined },
    claims: undefined,
    discardNoUnref: false,
  });
  const { header } = driver;
  header.snapshots = { offset: 0, count: 0 };
  for (const line of image.warnings) recorder.message(line);
  const lost =
    image.extensions.list.some((e) => e.type === 'bitmaps') && image.bitmaps === undefined;
  const unknown = (header.autoclear & ~KNOWN_AUTOCLEAR) !== 0n;
  header.autoclear &= KNOWN_AUTOCLEAR;
  const failed = (what: string, error: unknown): ParseResult<Driver> => {
    if (error instanceof RequestError) return { ok: false, message: `${what}: ${error.message}` };
    throw error;
  };
  // Bitmaps that somebody else has in use stay as they are.
  const marks = image.bitmaps?.bitmaps.some(({ inUse }) => !inUse) === true;
  try {
    driver.bitmaps = Bitmaps.load(driver);
  } catch (error) {
    return failed("Can't update bitmap directory", error);
  }
  try {
    if ((lost || unknown) && !marks) updateHeader(driver);
  } catch (error) {
    return failed('Could not update qcow2 header', error);
  }
  return { ok: true, value: driver };
}
