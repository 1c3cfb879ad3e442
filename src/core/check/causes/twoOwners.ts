import { GUEST_DATA, type Kind, KINDS } from '../../map/kinds.js';
import type { Scan } from '../scan.js';
import type { ClaimPicture, Step } from './cause.js';
import { pictureOf } from './claimPicture.js';
import type { CauseRule, CauseText } from './rule.js';
import { isOfTwoWriters } from './twoWriters.js';
import type { PairGroup } from './troubledCells.js';
import { countText, sizeText } from '../../numbers.js';
import { capital, COPY, KIND_WORDS, NO_REPAIR, NO_VM, REPAIR_COPY, SALVAGE } from './words.js';

const isGuest = (kind: Kind): boolean => ((1 << KINDS.indexOf(kind)) & GUEST_DATA) !== 0;
const isRefcounts = (kind: Kind): boolean => kind === 'refcount-table' || kind === 'refcount-block';

/** A cluster that two structures take for their own; a suspect for each pair of kinds, tables first. */
export const twoOwners: CauseRule = {
  suspects: ({ pairs, scan }) =>
    pairs
      .filter((pair) => !isOfTwoWriters(pair, pairs))
      .sort((a, b) => order(a) - order(b))
      .map((pair) => ({
        id: 'two-owners',
        groups: [pair],
        endangers: [pair.clusters],
        takes: ({ code, cluster }) =>
          (code === 'refcount-block-references' || code === 'unguarded-overlap') &&
          pair.clusters.has(cluster),
        tell: ({ wholeDisk }) => words(scan, pair, wholeDisk),
      })),
};

const order = ({ kinds: [one, other] }: PairGroup): number =>
  KINDS.indexOf(one) * KINDS.length + KINDS.indexOf(other);

function words(scan: Scan, pair: PairGroup, wholeDisk: boolean): CauseText {
  const [kind, other] = pair.kinds;
  const { clusters } = pair.clusters;
  const picture = pictureOf(scan, pair);
  const { virtualSize } = scan.image.geometry;
  return {
    severity: 'danger',
    title: titleOf(pair, picture),
    explanation: explanationOf(kind, other),
    ...(wholeDisk && {
      danger: `the whole ${sizeText(Number(virtualSize))} disk hangs on ${KIND_WORDS[kind]}`,
    }),
    doNext: isRefcounts(kind) ? [COPY, SALVAGE, REPAIR_COPY] : [COPY, SALVAGE],
    doNot: isRefcounts(kind) ? [NO_VM] : [NO_VM, keepsBoth(clusters)],
    picture,
    clusterToShow: pair.clusters.first,
  };
}

const keepsBoth = (clusters: number): Step =>
  NO_REPAIR(
    clusters === 1
      ? 'Repair it: both owners stay in the cluster, and the check then finds nothing wrong'
      : 'Repair it: both owners stay in each cluster, and the check then finds nothing wrong',
  );

function titleOf({ kinds: [kind, other], clusters }: PairGroup, picture?: ClaimPicture): string {
  const [left, right] = [picture?.left.text, picture?.right.text];
  if (clusters.clusters > 1) {
    const count = `${countText(clusters.clusters)} clusters`;
    if (kind === other)
      return isGuest(kind)
        ? `${count} were each given to two places of the disk`
        : `${count} are each claimed twice as ${KIND_WORDS[kind].replace(/^(a|an|the) /, '')}`;
    return `${count} hold ${KIND_WORDS[kind]} and ${KIND_WORDS[other]} at once`;
  }
  if (kind === other)
    return left !== undefined && right !== undefined
      ? `${capital(left)} and ${right} were given the same cluster`
      : `A cluster is claimed twice as ${KIND_WORDS[kind].replace(/^(a|an|the) /, '')}`;
  if (isGuest(other) && !isGuest(kind) && picture?.left.guest)
    return `Guest data at ${picture.left.text.replace(/^guest /, '')} lies on ${KIND_WORDS[kind]}`;
  return `${capital(KIND_WORDS[other])} lies on ${KIND_WORDS[kind]}`;
}

function explanationOf(kind: Kind, other: Kind): string {
  if (kind === other && isGuest(kind))
    return 'Whichever place is written last is what both read: one of them has wrong data already, or gets it with the next write.';
  if (isRefcounts(kind))
    return 'The next change of a refcount there destroys what else is in the cluster, and a write of the other destroys the refcounts: then QEMU hands out clusters that are in use.';
  if (isGuest(other) && !isGuest(kind))
    return `The next write of the guest there replaces ${KIND_WORDS[kind]}, or QEMU notices, stops the VM's write and marks the image as corrupt. Until then the guest reads the bytes of the table as its data.`;
  return `Each takes the cluster for its own: the next change of one destroys the other.`;
}
