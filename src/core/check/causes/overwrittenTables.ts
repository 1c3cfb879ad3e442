import { isInGarbage } from './evidence.js';
import type { CauseRule } from './rule.js';
import { pictureOf } from './claimPicture.js';
import { plural, sizeText } from '../../numbers.js';
import { COPY, NO_LEAKS_REPAIR, NO_VM, SALVAGE } from './words.js';

const LOSES_REST =
  'Free the leaked clusters: they are what the table led to, and all there is to rescue';

/** The active L1 table has been overwritten: nothing below it can be believed. */
export const overwrittenL1: CauseRule = {
  suspects({ isL1Garbage, disturbed, leaks, lostLeaks, image, garbage }) {
    if (!isL1Garbage) return [];
    const { l1, geometry } = image;
    return [
      {
        id: 'overwritten-l1',
        groups: [disturbed, leaks, lostLeaks],
        disk: true,
        garbage,
        faults: ['cut-off', 'past-end', 'refused', 'odd', 'stray-bit'],
        takes: (finding) =>
          isInGarbage(image, garbage, finding) ||
          finding.code === 'lost-l2-table' ||
          finding.code === 'copied-l2-table' ||
          finding.code === 'copied-data',
        tell: () => ({
          severity: 'damage',
          title: 'The active L1 table has been overwritten',
          explanation:
            'The L1 table finds every other table of the disk. Most of what stands in its place are no pointers to tables, so the disk cannot be read; data and tables themselves are most likely still in the file.',
          danger: `the whole ${sizeText(Number(geometry.virtualSize))} disk hangs on this L1 table`,
          doNext: [
            COPY,
            {
              text: 'Look for a backup first. Without one, the table can be built anew from the L2 tables that are still in the file; that is work for an expert, on the copy',
              command: undefined,
            },
          ],
          doNot: [NO_VM, NO_LEAKS_REPAIR(LOSES_REST)],
          clusterToShow: Math.floor(l1.offset / geometry.clusterSize),
        }),
      },
    ];
  },
};

/** Contents of an L2 table that are no entries. */
export const overwrittenL2: CauseRule = {
  suspects({ garbage, disturbed, leaks, lostLeaks, image, isL1Garbage, garbagePairs, scan }) {
    if (isL1Garbage || garbage.size === 0) return [];
    const [first] = garbage;
    return [
      {
        id: 'overwritten-l2',
        // What nothing leads to any more is what these tables led to, or what should stand there.
        groups: [disturbed, leaks, lostLeaks],
        endangers: [disturbed.clusters],
        garbage,
        takes: (finding) =>
          isInGarbage(image, garbage, finding) ||
          finding.code === 'lost-l2-table' ||
          finding.code === 'refcount-overflow',
        tell: () => ({
          severity: 'damage',
          title:
            garbage.size === 1
              ? 'An L2 table is none: overwritten, or looked for in the wrong place'
              : `${plural(garbage.size, 'L2 table')} are none: overwritten, or looked for in the wrong place`,
          explanation:
            'An L2 table says where a stretch of the disk lies in the file. Most entries of this one are none: data was written over it, or the L1 entry leads to the wrong cluster; two programs that write at once do that too. The guest reads wrong data or errors there; its own data is most likely still in the file, as leaked clusters.',
          doNext: [COPY, SALVAGE],
          doNot: [NO_VM, NO_LEAKS_REPAIR(LOSES_REST)],
          picture: garbagePairs.length > 0 ? pictureOf(scan, garbagePairs[0]) : undefined,
          clusterToShow: Math.floor(first / image.geometry.clusterSize),
        }),
      },
    ];
  },
};
