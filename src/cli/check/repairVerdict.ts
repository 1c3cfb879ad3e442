import { plural, sizeText } from '../../core/numbers.js';
import { hex } from '../../core/bytes.js';
import type { RepairCost, ViewCost } from '../../core/repair/cost/cost.js';
import type { RepairPreview } from '../../core/repair/cost/preview.js';
import type { ChangedRange, GuestChange } from '../../core/repair/cost/rangeList.js';
import { Printable, t } from '../frame/printable.js';

/** Ranges told of each disk; JSON has more. */
const RANGES = 8;

const CHANGE_WORDS: Readonly<Record<GuestChange, string>> = {
  zeros: 'zeros instead of data',
  'other-bytes': 'other bytes',
  backing: 'what the backing file has',
  unreadable: 'not readable any more',
  readable: 'readable again',
};

/** The verdict and what the repair costs, for the end of what QEMU would print. */
export function verdictText({ verdict, cost, left }: RepairPreview): Printable {
  const parts = [t`\n${verdict.text}.\n`];
  if (cost) {
    parts.push(...cost.views.map(viewText));
    for (const name of cost.bitmapsGone) parts.push(t`  bitmap '${name}': gone\n`);
    if (cost.stillReferred > 0)
      parts.push(t`  given free though in use: ${plural(cost.stillReferred, 'cluster')}\n`);
  }
  if (left.twoOwners > 0)
    parts.push(t`  afterwards claimed by two owners: ${plural(left.twoOwners, 'cluster')}\n`);
  return Printable.join(parts);
}

function viewText(view: ViewCost): Printable {
  const name = view.snapshot ? t`snapshot '${view.snapshot.name}'` : t`the disk`;
  if (view.state !== 'kept')
    return t`  ${name}: ${view.state === 'gone' ? 'gone' : 'unreadable'}\n`;
  const { ranges, rangeCount, beyond } = view;
  const state = beyond > 0 ? t`, its VM state otherwise in ${sizeText(beyond)}` : t``;
  if (rangeCount === 0) return t`  ${name}: reads as before${state}\n`;
  const more = rangeCount - Math.min(RANGES, ranges.length);
  return Printable.join([
    t`  ${name}: reads otherwise in ${plural(rangeCount, 'range')}${state}\n`,
    ...ranges.slice(0, RANGES).map(rangeText),
    more > 0 ? t`    and ${plural(more, 'more range', 'more ranges')}\n` : t``,
  ]);
}

const rangeText = ({ start, length, what }: ChangedRange): Printable =>
  t`    ${hex(start)} - ${hex(start + length - 1)} (${sizeText(length)}): ${CHANGE_WORDS[what]}\n`;

/** The same as keys of ours in the JSON document. */
export const verdictJson = ({ verdict, cost, left }: RepairPreview): Record<string, unknown> => ({
  verdict: verdict.kind,
  'verdict-text': verdict.text,
  'two-owners-left': left.twoOwners,
  ...(cost && costJson(cost)),
});

const costJson = (cost: RepairCost): Record<string, unknown> => ({
  'data-cost': cost.views.map((view) => ({
    snapshot: view.snapshot,
    state: view.state,
    'changed-bytes': view.changed,
    ranges: view.ranges,
    'range-count': view.rangeCount,
    'vm-state-bytes': view.beyond,
  })),
  'bitmaps-gone': cost.bitmapsGone,
  'freed-though-in-use': cost.stillReferred,
});
