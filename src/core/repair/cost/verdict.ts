import { namesText } from '../../check/causes/words.js';
import { plural, sizeText } from '../../numbers.js';
import type { Repair } from '../repair.js';
import type { RepairCost, ViewCost } from './cost.js';

/** What a repair is good for, in a word. */
export type RepairVerdictKind =
  /** There is nothing to do. */
  | 'none'
  /** Afterwards nothing is wrong, and nothing reads otherwise. */
  | 'safe'
  | 'helps'
  | 'no-help'
  | 'destroys'
  /** QEMU crashes, or what it does cannot be foretold. */
  | 'unknown';

export interface RepairVerdict {
  readonly kind: RepairVerdictKind;
  /** A line without a full stop. Hostile text. */
  readonly text: string;
}

/** What is still wrong after a repair. */
export interface RepairLeft {
  /** As the last pass counts them; undefined when it has no counts. */
  readonly corruptions: number | undefined;
  readonly leaks: number | undefined;
  readonly checkErrors: number | undefined;
  /** Clusters that two owners claim who cannot both be right: no check counts them. */
  readonly twoOwners: number;
}

/** Bytes of a disk that are lost: they read otherwise, and could be read before. */
const lostBytes = ({ changed }: ViewCost): number =>
  changed.zeros + changed['other-bytes'] + changed.backing + changed.unreadable;

/** The verdict on a repair. `cost`: undefined when nobody can say. */
export function verdictOf(
  { ending, isChanged, fixed, messages }: Repair,
  cost: RepairCost | undefined,
  left: RepairLeft,
): RepairVerdict {
  if (ending.state === 'aborted')
    return { kind: 'unknown', text: `QEMU itself crashes: ${ending.reason}` };
  if (ending.state === 'unpredictable' || !cost)
    return {
      kind: 'unknown',
      text: `Nobody can say: ${ending.state === 'unpredictable' ? ending.reason : 'its writes depend on what was not read'}`,
    };
  const isMarked = cost.corruptBit.after && !cost.corruptBit.before;
  const remains = leftText(left, isMarked);
  const destroyed = destroyedText(cost);
  if (destroyed.length > 0)
    return {
      kind: 'destroys',
      text: `Destroys ${listed(destroyed)}${remains === '' ? '' : `; leaves ${remains}`}`,
    };
  if (cost.stillReferred > 0)
    return {
      kind: 'destroys',
      text: `Dangerous: frees ${plural(cost.stillReferred, 'cluster')} still in use`,
    };
  const isFixed = !isMarked && ending.exitCode === 0 && left.twoOwners === 0;
  if (!isChanged)
    return isFixed
      ? { kind: 'none', text: 'Nothing to do' }
      : { kind: 'no-help', text: `Does not help: ${remains || failure(messages)}` };
  if (isFixed && cost.refusal.after === undefined)
    return { kind: 'safe', text: `Safe: ${safeText(fixed)}` };
  const opens = cost.refusal.before !== undefined && cost.refusal.after === undefined;
  if (fixed.corruptions + fixed.leaks > 0 || opens)
    return {
      kind: 'helps',
      text:
        remains === '' ? `Helps, but stops: ${failure(messages)}` : `Helps, but leaves ${remains}`,
    };
  return { kind: 'no-help', text: `Does not help: ${remains || failure(messages)}` };
}

const safeText = ({ corruptions, leaks }: Repair['fixed']): string => {
  const done = [
    ...(corruptions > 0 ? [plural(corruptions, 'corruption')] : []),
    ...(leaks > 0 ? [plural(leaks, 'leak')] : []),
  ];
  const what = done.length === 0 ? '' : `${listed(done)} repaired, and `;
  return `${what}every disk reads as before`;
};

/** The last thing that QEMU says is why it stopped. */
const failure = (messages: readonly string[]): string =>
  (messages.at(-1) ?? 'the check fails').replace(/^qemu-img: /, '');

/** What is destroyed, one thing after another. */
function destroyedText(cost: RepairCost): string[] {
  const things: string[] = [];
  const gone = cost.views.filter(({ state }) => state === 'gone');
  const snapshots = gone.flatMap(({ snapshot }) => (snapshot ? [snapshot.name] : []));
  if (gone.some(({ snapshot }) => !snapshot)) things.push('the disk');
  // Some cannot even be named: their table was not read.
  const fewer = Math.max(snapshots.length, cost.snapshots.before - cost.snapshots.after);
  if (fewer === 1 && snapshots.length === 1) things.push(`snapshot ${namesText(snapshots)}`);
  else if (fewer > 0) things.push(plural(fewer, 'snapshot'));
  if (cost.bitmapsGone.length > 0) things.push(plural(cost.bitmapsGone.length, 'bitmap'));
  const disk = cost.views.find(({ snapshot }) => !snapshot);
  if (disk && lostBytes(disk) > 0) things.push(`${sizeText(lostBytes(disk))} of the disk`);
  const inSnapshots = cost.views.reduce(
    (sum, view) => sum + (view.snapshot ? lostBytes(view) + view.beyond : view.beyond),
    0,
  );
  if (inSnapshots > 0) things.push(`${sizeText(inSnapshots)} in snapshots`);
  if (cost.refusal.before === undefined && cost.refusal.after !== undefined)
    things.push('the image: QEMU does not open it any more');
  return things;
}

function leftText(
  { corruptions = 0, leaks = 0, checkErrors = 0, twoOwners }: RepairLeft,
  isMarked: boolean,
): string {
  const things: string[] = [];
  if (corruptions > 0) things.push(plural(corruptions, 'corruption'));
  if (leaks > 0) things.push(plural(leaks, 'leak'));
  if (checkErrors > 0) things.push(plural(checkErrors, 'error'));
  if (twoOwners > 0) things.push(`${plural(twoOwners, 'cluster')} with two owners`);
  if (isMarked) things.push('the image marked corrupt');
  return listed(things);
}

const listed = (things: readonly string[]): string =>
  things.length < 2
    ? things.join('')
    : `${things.slice(0, -1).join(', ')} and ${things.at(-1) ?? ''}`;
