import { isRecord } from '../../../src/core/record.js';
import type { Workload } from '../../../src/protocol/questions.js';
import type { CacheMode } from '../../../src/protocol/shapes.js';

/** What survives of the caches pane when the editor is hidden or the window closed. */
export interface KeptLab {
  readonly workload: Workload | undefined;
  /** What it is compared with. */
  readonly other: Workload | undefined;
  readonly cache: CacheMode;
}

/** Kept state, as far as it makes sense; the host knows which files may be read. */
export function readLab(kept: unknown): KeptLab {
  const { workload, other, cache } = isRecord(kept) ? kept : {};
  return {
    workload: readWorkload(workload),
    other: readWorkload(other),
    cache: cache === 'writethrough' ? cache : 'writeback',
  };
}

function readWorkload(kept: unknown): Workload | undefined {
  if (!isRecord(kept)) return undefined;
  const { kind, text, file, format, volume } = kept;
  if (kind === 'pattern' && typeof text === 'string') return { kind, text };
  if (kind !== 'file' || typeof file !== 'string') return undefined;
  return { kind, file, format: textIn(format), volume: textIn(volume) };
}

const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
