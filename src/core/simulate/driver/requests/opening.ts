import { AUTOCLEAR, INCOMPATIBLE } from '../../../qcow2/features.js';
import type { FieldName } from '../../../qcow2/header.js';
import type { ParseResult } from '../../../size.js';
import { Bitmaps } from './bitmaps.js';
import { Claims } from '../../guard/claims.js';
import { Driver } from '../driver.js';
import { RequestError, Unpredictable } from '../../copy/failure.js';
import { Guard } from '../../guard/guard.js';
import type { Overlay } from '../../copy/overlay.js';
import type { Recorder } from '../../copy/recorder.js';
import type { SimulationSettings } from '../settings.js';
import { isSaidAfterOpening, type MappableImage } from '../../../qcow2/image.js';
import { sizesOf } from '../../copy/sizes.js';

/** Autoclear bits that QEMU knows. */
const KNOWN_AUTOCLEAR = AUTOCLEAR.bitmaps | AUTOCLEAR.rawExternalData;

/**
 * The driver as it is after opening an image read/write (qcow2_do_open), with what opening writes, but
 * for the repair of a dirty one, which comes last and is its caller's; or the message that QEMU refuses
 * the image with, or why it cannot be simulated.
 */
export function openDriver(
  image: MappableImage,
  settings: SimulationSettings,
  overlay: Overlay,
  recorder: Recorder,
): ParseResult<Driver> {
  const refuse = (message: string) => ({ ok: false, message }) as const;
  const { header, geometry } = image;
  const incompatible = header.value('incompatible_features');
  const when = refusedWhen(image);
  if (when === 'early') return refuse(image.refusal.open ?? '');
  if ((incompatible & INCOMPATIBLE.corrupt) !== 0n)
    return refuse('qcow2: Image is corrupt; cannot be opened read/write');
  if (when === 'before options') return refuse(image.refusal.open ?? '');
  const sized = sizesOf(geometry, settings.sizes);
  if (!sized.ok) return sized;
  const { sizes, slots } = sized.value;
  const guard = Guard.open(image, overlay, recorder, settings, settings.watch);
  if (!guard.ok) return guard;
  if (settings.discardNoUnref && sizes.version < 3)
    return refuse('discard-no-unref is only supported since qcow2 version 3');
  if (refusedAfterOpening(image) === undefined) {
    if (image.refusal.open !== undefined) return refuse(image.refusal.open);
    if (geometry.virtualSize > BigInt(Number.MAX_SAFE_INTEGER))
      return refuse('A disk of more than 2^53 bytes is not simulated');
  }
  const driver = new Driver({
    image,
    sizes,
    slots,
    guard: guard.value,
    overlay,
    recorder,
    surroundings: settings.surroundings,
    claims: settings.map && new Claims(settings.map),
    discardNoUnref: settings.discardNoUnref,
  });
  const lost =
    image.extensions.list.some((e) => e.type === 'bitmaps') && image.bitmaps === undefined;
  const unknown = (driver.header.autoclear & ~KNOWN_AUTOCLEAR) !== 0n;
  driver.header.autoclear &= KNOWN_AUTOCLEAR;
  try {
    driver.bitmaps = Bitmaps.load(driver);
  } catch (error) {
    if (error instanceof Unpredictable) return refuse(error.message);
    if (!(error instanceof RequestError)) throw error;
    return refuse(`Can't update bitmap directory: ${error.message}`);
  }
  if (lost || (unknown && !driver.bitmaps)) driver.writeHeader();
  for (const line of image.warnings) recorder.message(line.replace(/^qemu-img: /, 'qemu-io: '));
  return { ok: true, value: driver };
}

/**
 * The block layer's refusal of what the driver has opened, and repaired if it was dirty: the caller
 * closes it then (bdrv_open_driver).
 */
export const refusedAfterOpening = ({ refusal }: MappableImage): string | undefined =>
  isSaidAfterOpening(refusal.open) ? refusal.open : undefined;

/** Fields that QEMU tests before it looks whether the image is marked as corrupt. */
const EARLY_FIELDS: ReadonlySet<string> = new Set<FieldName>([
  'magic',
  'version',
  'cluster_bits',
  'header_length',
  'backing_file_offset',
  'compression_type',
  'incompatible_features',
]);

/** Fields that QEMU looks at after it has taken the options. */
const LATE_FIELDS: ReadonlySet<string> = new Set([
  'header extension',
  'autoclear_features',
  'backing_file_size',
  'snapshot table',
  'bitmap directory',
  'bitmap table',
]);
const LATE_REFUSALS = /^('data-file'|Missing CRYPTO|Unsupported encryption)/;

/** When QEMU refuses the image; undefined when it does not. */
function refusedWhen({
  problems,
  refusal,
}: MappableImage): 'early' | 'before options' | 'late' | undefined {
  const first = problems.find((problem) => problem.refusal === refusal.open);
  if (refusal.open === undefined || !first) return undefined;
  if (
    LATE_FIELDS.has(first.field) ||
    LATE_REFUSALS.test(refusal.open) ||
    isSaidAfterOpening(refusal.open)
  )
    return 'late';
  return EARLY_FIELDS.has(first.field) && !refusal.open.startsWith('Unsupported subcluster')
    ? 'early'
    : 'before options';
}
