import { isLimitPolicy, NO_LIMIT, type StructureSettings } from '../core/overlap/settings.js';
import { guardedTypes } from '../core/overlap/types.js';
import { parseSize } from '../core/size.js';
import type { OverlapSetting } from '../protocol/overlap.js';
import type { OverlapOptions } from '../protocol/shapes.js';

/** Settings that have been read, or which of them is refused and with what words. */
export type ReadOptions =
  | { readonly ok: true; readonly value: StructureSettings }
  | { readonly ok: false; readonly message: string; readonly setting: OverlapSetting };

/** Reads settings as QEMU reads its options; or says what it would say. */
export function readOptions(options: OverlapOptions): ReadOptions {
  const refuse = (setting: OverlapSetting, message: string): ReadOptions => ({
    ok: false,
    message,
    setting,
  });
  const guarded = guardedTypes({ mode: options.overlapCheck, types: options.types });
  if (!guarded.ok) return refuse('overlapCheck', guarded.message);
  const bitmapSize = parseSize(options.bitmapSize, 'overlap-structures.bitmap-size');
  if (!bitmapSize.ok) return refuse('bitmapSize', bitmapSize.message);
  const limit = options.totalSizeLimit;
  const totalSizeLimit =
    limit === ''
      ? ({ ok: true, value: NO_LIMIT } as const)
      : parseSize(limit, 'overlap-structures.total-size-limit');
  if (!totalSizeLimit.ok) return refuse('totalSizeLimit', totalSizeLimit.message);
  const policy = options.limitPolicy;
  if (!isLimitPolicy(policy))
    return refuse('limitPolicy', `limit-policy is '${policy}', expected 'evict' or 'fail'`);
  return {
    ok: true,
    value: {
      guarded: guarded.value,
      bitmapSize: bitmapSize.value,
      totalSizeLimit: totalSizeLimit.value,
      policy,
    },
  };
}
