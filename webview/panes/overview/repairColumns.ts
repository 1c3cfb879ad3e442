import type { DamagedDisk } from '../../../src/core/check/causes/guestDamage.js';
import type { GuestChange } from '../../../src/core/repair/cost/rangeList.js';
import type { ViewCost } from '../../../src/core/repair/cost/cost.js';
import { size } from '../../text/text.js';
import type { BarPart, BarState } from './guestBar.js';

/** A bar and what is said below it. */
export interface BarCell {
  readonly parts: readonly BarPart[];
  readonly text: string;
}

const whole = (length: number, state: BarState): readonly BarPart[] => [
  { start: 0, length, state },
];

/** A disk as it is now. */
export function nowCell(disk: DamagedDisk): BarCell {
  const { lost, shared, doubt } = disk.bytes;
  const words = [
    lost > 0 ? `${size(lost)} lost` : '',
    shared + doubt > 0 ? `${size(shared + doubt)} in doubt` : '',
  ].filter((word) => word !== '');
  return {
    parts: disk.ranges.map(({ start, length, state }) => ({
      start,
      length,
      state: state === 'lost' ? 'lost' : 'doubt',
    })),
    text: told(words, 'fine', disk.isPartial),
  };
}

/** The words below a bar; `isPartial`: not all that they count is drawn in it. */
const told = (words: readonly string[], otherwise: string, isPartial: boolean): string =>
  [words.length === 0 ? otherwise : words.join(' · '), ...(isPartial ? [NOT_ALL_DRAWN] : [])].join(
    ' · ',
  );

const NOT_ALL_DRAWN = 'more ranges than are drawn';

const CHANGE_STATE: Readonly<Record<GuestChange, BarState>> = {
  zeros: 'changed',
  'other-bytes': 'changed',
  backing: 'changed',
  unreadable: 'lost',
  readable: 'readable',
};

const CHANGE_TEXT: Readonly<Record<GuestChange, string>> = {
  zeros: 'zeros instead of data',
  'other-bytes': 'other bytes',
  backing: 'what the backing file has',
  unreadable: 'unreadable',
  readable: 'readable again',
};

/** A disk as it is after a repair. */
export function afterCell(now: DamagedDisk, view: ViewCost): BarCell {
  if (view.state === 'gone') return { parts: whole(now.size, 'gone'), text: 'gone' };
  if (view.state === 'unreadable')
    return { parts: whole(now.size, 'lost'), text: 'unreadable as before' };
  const parts = [
    ...nowCell(now).parts,
    ...view.ranges.map(({ start, length, what }) => ({
      start,
      length,
      state: CHANGE_STATE[what],
    })),
  ];
  const words = (['zeros', 'other-bytes', 'backing', 'unreadable', 'readable'] as const)
    .filter((what) => view.changed[what] > 0)
    .map((what) => `${size(view.changed[what])} ${CHANGE_TEXT[what]}`);
  if (view.beyond > 0) words.push(`VM state: ${size(view.beyond)} otherwise`);
  return {
    parts,
    text: told(words, 'reads as now', now.isPartial || view.rangeCount > view.ranges.length),
  };
}
