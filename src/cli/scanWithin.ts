import { BudgetError } from '../core/layout/budget.js';
import { memoryNeeded } from '../core/layout/mapNeed.js';
import { type Scan, scan } from '../core/layout/scan.js';
import type { LaidOutImage } from '../core/qcow2/image.js';
import { drive } from './drive.js';

const MIB = 2 ** 20;
/** What a scan may take above an idle Node, in MiB, unless `--memory` says otherwise. */
const DEFAULT_MEMORY = 256;
/** Of that, what is not kept of the image: code, buffers, findings, garbage. */
const BESIDE = 96;

/**
 * Scans an image in so many MiB. Throws on I/O errors, and an Error with a one-line message when
 * they are not enough.
 */
export function scanWithin(image: LaidOutImage, memory = DEFAULT_MEMORY): Scan {
  try {
    return drive(scan(image, Math.max(0, memory - BESIDE) * MIB));
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    const needed = Math.max(memory + 1, Math.ceil(memoryNeeded(image) / MIB) + BESIDE);
    throw new Error(`this image needs about ${needed} MiB; --memory ${needed}`, { cause: error });
  }
}

/** The value of `--memory`. Throws an Error with a one-line message. */
export function memoryOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,6}$/.test(text))
    throw new Error(`--memory is '${text}', expected a number of MiB`);
  return Number(text);
}
