import { countText, plural } from '../numbers.js';
import { formatSize } from '../size.js';
import type { Advice } from './advice.js';
import { BITMAP_BYTES } from './fragments.js';
import type { MetadataList } from './metadataList.js';
import { NO_LIMIT, type StructureSettings } from './settings.js';
import type { Exposure, WindowCounts } from './windowState.js';

const REASONS: Readonly<Record<Exposure, string>> = {
  lost: 'because memory was refused when their metadata was entered: it is lost for good',
  dropped: 'because memory was refused when metadata was removed, and all of theirs was dropped',
  refused: 'because a check would now be refused the memory for their bitmap',
};

/** `1 window`, `65 windows`. */
export const windowsText = (count: number): string => plural(count, 'window');

/** A size as an option takes it, and in bytes where that says more. */
const sizeText = (bytes: number): string => {
  const short = formatSize(bytes);
  return short === String(bytes) ? plural(bytes, 'byte') : `${short} (${countText(bytes)} bytes)`;
};

/** Which windows are unprotected, and why: a sentence. */
export function exposureText(list: MetadataList, { exposures }: WindowCounts): string {
  const reasons = (['lost', 'dropped', 'refused'] as const)
    .filter((exposure) => exposures[exposure] > 0)
    .map((exposure) => `${countText(exposures[exposure])} ${REASONS[exposure]}`);
  const all = windowsText(list.windows.count);
  if (reasons.length === 0) return `With these settings nothing is unprotected (${all}).`;
  const sum = exposures.lost + exposures.dropped + exposures.refused;
  return `With these settings ${countText(sum)} of ${all} ${sum === 1 ? 'is' : 'are'} unprotected: ${reasons.join('; ')}.`;
}

/** What bitmap-size does beside a smaller limit; undefined when it is not larger. */
export function oversizeText(list: MetadataList): string | undefined {
  const { limit, list: header, windows, slots } = list.memory;
  if (list.cache.size * BITMAP_BYTES <= limit) return undefined;
  const most = Math.floor((limit - header - windows - slots) / BITMAP_BYTES);
  return (
    `bitmap-size exceeds total-size-limit: of ${countText(list.cache.size)} cache slots at most ${countText(most)} can ever ` +
    'have a bitmap, and every slot takes 4 bytes.'
  );
}

/** Which total-size-limit would protect everything: a sentence. */
export function limitText({ limit, because }: Advice): string {
  if (!limit)
    return `The smallest total-size-limit that protects everything was not searched further, because ${because ?? ''}.`;
  return limit.certain
    ? `The smallest total-size-limit that protects everything is ${sizeText(limit.bytes)}.`
    : `A total-size-limit of ${sizeText(limit.bytes)} protects everything; a smaller one might.`;
}

/** Which bitmap-size would avoid evictions: a sentence. */
export function bitmapSizeText(
  { bitmapSize, because }: Advice,
  settings: StructureSettings,
): string {
  if (!bitmapSize)
    return `The smallest bitmap-size that avoids evictions was not searched further, because ${because ?? ''}.`;
  const { bytes, windows, limitNeeded } = bitmapSize;
  const needs =
    settings.totalSizeLimit < NO_LIMIT && limitNeeded > settings.totalSizeLimit
      ? `; it needs a total-size-limit of ${sizeText(limitNeeded)} or more`
      : '';
  return (
    'The smallest bitmap-size that avoids evictions while opening is ' +
    `${sizeText(bytes)}, for ${windowsText(windows)}${needs}.`
  );
}
