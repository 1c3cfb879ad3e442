import type { CauseRule } from './rule.js';
import type { PairGroup } from './troubledCells.js';
import { plural } from '../../numbers.js';
import { COPY, NO_REPAIR, NO_VM, SALVAGE } from './words.js';

/** So many clusters given to two places of the disk are no single mishap. */
const FEW = 8;

/** What a program allocates when a guest writes. */
const ALLOCATED = new Set(['data', 'active-l2', 'compressed']);

/** Whether a pair of kinds is one of those that two writers leave, where there are signs of two. */
export function isOfTwoWriters({ kinds }: PairGroup, pairs: readonly PairGroup[]): boolean {
  const data = pairs.find(({ kinds: [one, other] }) => one === 'data' && other === 'data');
  return (data?.clusters.clusters ?? 0) >= FEW && kinds.every((kind) => ALLOCATED.has(kind));
}

/** Each of two programs gave out the same free clusters, since neither knew of the other. */
export const twoWriters: CauseRule = {
  suspects({ pairs, zero }) {
    const theirs = pairs.filter((pair) => isOfTwoWriters(pair, pairs));
    if (theirs.length === 0) return [];
    const clusters = theirs.reduce((sum, pair) => sum + pair.clusters.clusters, 0);
    return [
      {
        id: 'two-writers',
        // The refcounts of one were overwritten by those of the other.
        groups: [...theirs, zero],
        endangers: [...theirs.map((pair) => pair.clusters), zero.clusters],
        tell: () => ({
          severity: 'danger',
          title: `Written by two programs at once, most likely: ${plural(clusters, 'cluster')} given out twice`,
          explanation:
            'Two programs that have one image open give the same free clusters to different places of the disk, and each overwrites what the other wrote. A VM that ran on two hosts, or qemu-img run on the image of a running VM, does that. In each cluster one of the two places has wrong data; nothing in the file tells which.',
          doNext: [
            {
              text: 'Find out what else has the image open (another host, a backup job), and stop it',
              command: undefined,
            },
            COPY,
            SALVAGE,
            {
              text: 'Check the file systems inside the new image, or go back to a backup',
              command: undefined,
            },
          ],
          doNot: [
            NO_VM,
            NO_REPAIR(
              'Repair it: both owners stay in each cluster, and the check then finds nothing wrong',
            ),
          ],
          clusterToShow: theirs[0].clusters.first,
        }),
      },
    ];
  },
};
