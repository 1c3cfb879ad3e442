import type { Stretch } from '../../src/core/picture/stretch.js';
import { DOMINANT_MASK, OUTSIDE, troubleOfGlyph } from '../../src/core/picture/tile.js';
import { windowOf } from '../../src/core/picture/windowNumber.js';
import type { Picture, View } from '../../src/core/picture/layer.js';
import { valueText } from '../text/layerText.js';
import { count, plural, TROUBLE_TEXT } from '../text/text.js';
import type { WindowStates } from '../text/windowStates.js';
import { describeWindow } from '../text/windowText.js';
import { hex } from '../../src/core/bytes.js';

/** What the strip shows. */
export interface StripFacts {
  readonly picture: Picture;
  /** See LayerAnswer. */
  readonly names: readonly string[];
  readonly windows: WindowStates | undefined;
  readonly clusterSize: number;
}

/** What a row of pixels of the strip stands for, in lines. */
export function describeRow(
  row: Stretch,
  glyph: number | undefined,
  { picture, names, windows, clusterSize }: StripFacts,
): string[] {
  const { first, end } = row;
  const guest = picture.view === 'guest' ? 'guest ' : '';
  const clusters =
    end - first === 1
      ? `${guest}cluster ${count(first)}`
      : `${guest}clusters ${count(first)}–${count(end - 1)}`;
  const parts = [clusters, hex(first * clusterSize)];
  const value = glyph === undefined ? OUTSIDE : glyph & DOMINANT_MASK;
  const trouble = glyph === undefined ? 0 : troubleOfGlyph(glyph);
  if (trouble !== 0) parts.push(TROUBLE_TEXT[trouble]);
  if (value !== OUTSIDE) {
    const text = valueText(picture, value, names);
    parts.push(end - first === 1 ? text : `mostly ${text}`);
  }
  const lines = [parts.join(' · ')];
  const window = windows && describeWindows(windows, windowOf(first), windowOf(end - 1));
  if (window !== undefined) lines.push(window);
  return lines;
}

/** One window as on the map; of several, how many are what. */
function describeWindows(states: WindowStates, first: number, last: number): string | undefined {
  if (first === last) return describeWindow(states, first);
  const sums = { cached: 0, kept: 0, unprotected: 0 };
  for (let window = first; window <= last; window++) {
    const mark = states.markOf(window);
    if (mark?.form === 'cached') sums.cached++;
    if (mark?.form === 'kept') sums.kept++;
    if (mark?.exposure) sums.unprotected++;
  }
  const parts = [
    sums.cached > 0 && `${count(sums.cached)} cached`,
    sums.kept > 0 && `${count(sums.kept)} kept`,
    sums.unprotected > 0 && `${count(sums.unprotected)} unprotected`,
  ].filter((part) => part !== false);
  const windows = `${plural(last - first + 1, 'window')} from ${count(first)}`;
  return parts.length === 0 ? windows : `${windows}: ${parts.join(', ')}`;
}

/** Where the strip is, for the ear: "cluster 20,512, host offset 0x50200000, 3% of the file in view". */
export function speakPosition(
  view: View,
  cluster: number,
  inView: number,
  clusters: number,
  clusterSize: number,
): string {
  const percent = (100 * inView) / clusters;
  const part = percent < 1 ? 'less than 1%' : `${Math.round(percent)}%`;
  const offset = `${view} offset ${hex(cluster * clusterSize)}`;
  return view === 'host'
    ? `cluster ${count(cluster)}, ${offset}, ${part} of the file in view`
    : `guest cluster ${count(cluster)}, ${offset}, ${part} of the disk in view`;
}
