import type { TableOf } from '../../map/owner.js';
import type { Image } from '../../qcow2/image.js';
import type { Scan } from '../scan.js';
import {
  type Cause,
  CAUSE_IDS,
  CAUSE_SEVERITIES,
  type Danger,
  type Diagnosis,
  type CauseId,
} from './cause.js';
import type { EntryFault } from './entryFault.js';
import { type Evidence, gather } from './evidence.js';
import { Marks, NONE } from './marks.js';
import { MAX_TOLD, Reach } from './reach.js';
import { findReach } from './reachSearch.js';
import type { Suspect } from './rule.js';
import { causeRules } from './rules.js';
import type { CellGroup } from './troubledCells.js';
import { Tally, tallyFindings } from './tally.js';
import { unreadableSuspect } from './unreadable.js';
import { plural, sizeText } from '../../numbers.js';
import { COPY, guestText, namesText, SALVAGE } from './words.js';
import { hostCluster, ifKnown } from '../../units.js';

/**
 * Puts what a scan found down to its causes. Yields after every few milliseconds of work. Throws on
 * I/O errors.
 *
 * @param scan undefined for an image that cannot be scanned
 * @param fileName of the image; '' if it has none
 * @param ranges of the guest's disk that are told of each cause
 */
export function* diagnose(
  image: Image,
  scan: Scan | undefined,
  fileName: string,
  ranges = MAX_TOLD,
): Generator<undefined, Diagnosis, void> {
  if (!scan) {
    const cause = causeOf(unreadableSuspect(image), new Tally(), new Reach(ranges));
    return diagnosisOf([cause], true, image);
  }
  const evidence = yield* gather(scan);
  const suspects = eachGroupOnce(causeRules(fileName).flatMap((rule) => rule.suspects(evidence)));
  const tallies = yield* tallyFindings(evidence, suspects);
  const reaches = yield* findReach(scan, blame(evidence, suspects), ranges);
  const causes = suspects
    .map((suspect, index) => ({
      suspect,
      tally: tallies.get(suspect) ?? new Tally(),
      reach: reaches.get(index + 1) ?? new Reach(ranges),
    }))
    .filter(
      ({ suspect, tally, reach }) =>
        suspect.always === true || tally.findings > 0 || isLoss(suspect, reach),
    )
    .map(({ suspect, tally, reach }) => causeOf(suspect, tally, reach))
    .sort(worseFirst);
  if (image.refusal.open === undefined) return diagnosisOf(causes, false, image);
  const first = causes.filter(({ id }) => REFUSED_FOR.has(id));
  const rest = causes.filter(({ id }) => !REFUSED_FOR.has(id)).map(whenOpenable);
  return diagnosisOf([...first, ...rest], true, image);
}

/** What QEMU refuses to open an image for: nothing else can be seen to before. */
const REFUSED_FOR: ReadonlySet<CauseId> = new Set([
  'unreadable',
  'snapshot-table',
  'bitmap-directory',
]);

/** A cause of an image that has to be made one that QEMU opens first. */
const whenOpenable = (cause: Cause): Cause => ({
  ...cause,
  doNext: cause.doNext.map((step) =>
    step === SALVAGE
      ? {
          text: 'When QEMU opens the copy again (see the first cause), write the disk, as far as it still reads, to a new image',
          command: 'qemu-img convert -f qcow2 --salvage -O qcow2 {copy} {new}',
        }
      : step,
  ),
});

/** Entries of a snapshot's L1 table that are looked at: 8 TiB at the usual cluster size. */
const MAX_L1 = 2 ** 14;

/** The first suspect that claims a group has it; who is left without any is none. */
function eachGroupOnce(suspects: readonly Suspect[]): Suspect[] {
  const claimed = new Set<CellGroup>();
  return suspects.flatMap((suspect) => {
    if (!suspect.groups) return [suspect];
    const groups = suspect.groups.filter((group) => !claimed.has(group));
    for (const group of groups) claimed.add(group);
    const isLeft = groups.length > 0 || suspect.always === true || suspect.faults !== undefined;
    return isLeft ? [{ ...suspect, groups }] : [];
  });
}

/** Two owners of a cluster are wrong even when the refcount agrees with both. */
const isLoss = ({ id, groups }: Suspect, reach: Reach): boolean =>
  reach.bytes > 0 ||
  (id === 'two-owners' && (groups ?? []).some(({ clusters }) => clusters.clusters > 0));

function blame(evidence: Evidence, suspects: readonly Suspect[]) {
  const { scan, image, judge } = evidence;
  const { clusterSize } = image.geometry;
  const marks = new Marks(scan);
  const faults = new Map<EntryFault, number>();
  const garbage = new Map<number, number>();
  let compressed = NONE;
  let disk = NONE;
  for (const [index, suspect] of suspects.entries()) {
    const number = index + 1;
    for (const clusters of suspect.endangers ?? []) marks.add(clusters, number);
    for (const fault of suspect.faults ?? []) if (!faults.has(fault)) faults.set(fault, number);
    for (const offset of suspect.garbage ?? [])
      if (!garbage.has(offset)) garbage.set(offset, number);
    if (suspect.compressed && compressed === NONE) compressed = number;
    if (suspect.disk && disk === NONE) disk = number;
  }
  marks.widen();
  const marked = (offset: number, bytes: number): number => {
    const last = Math.min(Math.floor((offset + bytes - 1) / clusterSize), scan.map.clusters - 1);
    for (let cluster = Math.floor(offset / clusterSize); cluster <= last; cluster++)
      if (marks.of(cluster) !== NONE) return marks.of(cluster);
    return NONE;
  };
  const ofSnapshots = new Map<number, number>();
  for (const { index, l1Offset, l1Size } of image.snapshotTable.snapshots)
    ofSnapshots.set(index, marked(Number(l1Offset), Math.min(l1Size, MAX_L1) * 8));
  const active = disk !== NONE ? disk : marked(image.l1.offset, image.l1.length * 8);
  const l1 = (of: TableOf): number =>
    of.snapshot ? (ofSnapshots.get(of.snapshot.index) ?? NONE) : active;
  return { marks, judge, faults, garbage, compressed, l1 };
}

function causeOf(suspect: Suspect, tally: Tally, reach: Reach): Cause {
  const { guest, count } = reach.ranges();
  const names = new Set([...(suspect.snapshots ?? []), ...reach.snapshots]);
  const seen = {
    bytes: reach.bytes,
    guest,
    ranges: count,
    snapshots: [...names],
    wholeDisk: reach.wholeDisk || suspect.disk === true,
    findings: tally.findings,
    examples: tally.examples,
  };
  const { danger: words, ...told } = suspect.tell(seen);
  const danger: Danger = {
    bytes: seen.bytes + (told.unseenBytes ?? 0),
    text: words ?? dangerText(seen, suspect),
    guest,
    ranges: count,
    snapshots: seen.snapshots,
    wholeDisk: seen.wholeDisk,
  };
  return {
    id: suspect.id,
    severity: told.severity,
    title: told.title,
    explanation: told.explanation,
    picture: told.picture,
    danger,
    doNext: told.doNext,
    doNot: told.doNot,
    host: tally.host,
    findings: tally.findings,
    qemuLines: tally.lines,
    qemuLineCount: tally.lineCount,
    clusterToShow: ifKnown(told.clusterToShow, hostCluster),
  };
}

function dangerText(
  {
    bytes,
    guest,
    ranges,
    snapshots,
    wholeDisk,
  }: Pick<Danger, 'bytes' | 'guest' | 'ranges' | 'snapshots' | 'wholeDisk'>,
  { endangers, faults }: Suspect,
): string {
  if (bytes === 0 && snapshots.length > 0) return `snapshots ${namesText(snapshots)}`;
  if (bytes === 0)
    return (endangers ?? faults) ? 'no guest data but that of other causes' : 'no guest data';
  const [first] = guest;
  const where =
    ranges === 1
      ? `: ${guestText(first)}`
      : ` in ${plural(ranges, 'range')}, the first at ${guestText(first)}`;
  const kept =
    snapshots.length > 0 && ranges > 1 ? `, of snapshots too (${namesText(snapshots)})` : '';
  return `${wholeDisk ? 'everything on the disk: ' : ''}${sizeText(bytes)} of guest data${where}${kept}`;
}

const rank = ({ severity }: Cause): number => CAUSE_SEVERITIES.indexOf(severity);

const worseFirst = (a: Cause, b: Cause): number =>
  rank(a) - rank(b) ||
  Number(b.danger.wholeDisk) - Number(a.danger.wholeDisk) ||
  b.danger.bytes - a.danger.bytes ||
  CAUSE_IDS.indexOf(a.id) - CAUSE_IDS.indexOf(b.id);

function diagnosisOf(causes: readonly Cause[], isRefused: boolean, image: Image): Diagnosis {
  const worst = causes.at(0)?.severity;
  const isDamaged = worst === 'danger' || worst === 'damage';
  const verdict = isRefused
    ? 'unreadable'
    : isDamaged
      ? 'damaged'
      : worst === 'waste'
        ? 'waste'
        : worst === 'note'
          ? 'notes'
          : 'healthy';
  return {
    verdict,
    headline: headlineOf(verdict, causes, image),
    causes,
    firstStep: firstStepOf(causes),
  };
}

function headlineOf(verdict: Diagnosis['verdict'], causes: readonly Cause[], image: Image): string {
  const bad = causes.filter(({ severity }) => severity === 'danger' || severity === 'damage');
  const bytes = bad.reduce((sum, { danger }) => sum + danger.bytes, 0);
  const whole = bad.some(({ danger }) => danger.wholeDisk);
  const disk = image.geometry ? `${sizeText(Number(image.geometry.virtualSize))} ` : '';
  switch (verdict) {
    case 'healthy':
      return 'Healthy: nothing is wrong';
    case 'notes':
      return `No damage. ${causes.length === 1 ? 'One thing' : plural(causes.length, 'thing')} to know`;
    case 'waste':
      return 'No damage, but space is wasted';
    case 'unreadable':
      return bad.length === 1 || image.foreign
        ? causes[0].title
        : `QEMU does not open this image: ${plural(bad.length, 'cause')}`;
    case 'damaged':
      return `Damaged: ${plural(bad.length, 'cause')}. ${
        whole
          ? `The whole ${disk}disk is at risk`
          : bytes > 0
            ? `${sizeText(bytes)} of guest data in danger`
            : 'No guest data is lost so far'
      }`;
  }
}

function firstStepOf(causes: readonly Cause[]) {
  const worst = causes.at(0);
  if (!worst || worst.severity === 'note' || worst.doNext.length === 0) return undefined;
  if (worst.severity === 'danger')
    return { ...COPY, text: 'Leave the VM off, and copy the file before anything else' };
  if (worst.severity === 'damage' && worst.doNext.includes(COPY))
    return { ...COPY, text: 'Copy the file before anything else' };
  return worst.doNext[0];
}
