import { BudgetError } from '../../core/map/budget.js';
import { BESIDE, mebibytesNeeded } from '../../core/check/mapNeed.js';
import { type Scan, scan } from '../../core/check/scan.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import type { Arguments } from './options.js';
import { RefusalError } from './refusal.js';
import { finishInLittle } from './youngSpace.js';

const MIB = 2 ** 20;
/** What a scan may take above an idle Node, in MiB, unless `--memory` says otherwise. */
const DEFAULT_MEMORY = 256;

/**
 * Scans an image in so many MiB. Throws on I/O errors, and RefusalError when they are not enough.
 */
export function scanWithin(image: MappableImage, memory = DEFAULT_MEMORY): Scan {
  try {
    return finishInLittle(scan(image, Math.max(0, memory - BESIDE) * MIB));
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    const needed = Math.max(memory + 1, mebibytesNeeded(image, error));
    throw new RefusalError(`this image needs about ${needed} MiB; --memory ${needed}`);
  }
}

export const MEMORY_OPTION = {
  memory: { value: 'MIB', help: 'what the scan may take, if 256 MiB do not do' },
} as const;

/** The value of `--memory`; throws RefusalError. */
export function memoryOf(args: Pick<Arguments<'memory'>, 'get'>): number | undefined {
  const text = args.get('memory');
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,6}$/.test(text))
    throw new RefusalError(`--memory is '${text}', expected a number of MiB`);
  return Number(text);
}
