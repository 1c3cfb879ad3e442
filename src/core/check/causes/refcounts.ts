import type { Evidence } from './evidence.js';
import type { CauseRule } from './rule.js';
import { countText, plural, sizeText } from '../../numbers.js';
import { CHECK_COPY, COPY, NO_LEAKS_REPAIR, NO_VM, REPAIR_COPY } from './words.js';

/** Part of all clusters in use above which "all" have no refcount. */
const ALL = 0.95;

/** Refcounts of 0 are a promise of lazy refcounts while the image is dirty. */
const isLazy = ({ dirty, lazyRefcounts }: Evidence): boolean => dirty && lazyRefcounts;

/** Lazy refcounts of an image that was not closed: harmless. */
export const dirtyLazy: CauseRule = {
  suspects(evidence) {
    const { zero, leaks, low, pairs, garbage, dirty } = evidence;
    if (!dirty) return [];
    const isHarmless = isLazy(evidence);
    const isAlone = pairs.length === 0 && garbage.size === 0;
    const differs = zero.findings + low.findings > 0;
    return [
      {
        id: 'dirty-lazy',
        always: true,
        ...(isHarmless && {
          groups: [zero, low, leaks],
          takes: ({ code }) => code === 'copied-data' || code === 'copied-l2-table',
        }),
        tell: () => ({
          severity: 'note',
          title:
            differs && isHarmless
              ? 'The image was not closed, and its refcounts lag behind: harmless'
              : 'The image was not closed properly',
          explanation:
            'Its dirty bit is set: a VM has it open right now, or was killed. With lazy refcounts QEMU writes them late, and sets them right by itself the next time it opens the image for writing.',
          danger: 'nothing, as long as only QEMU writes to it',
          doNext: !isAlone
            ? [COPY, REPAIR_COPY]
            : [
                {
                  text: 'Make sure that no VM has it open. Then start the VM as usual, or let QEMU open it for writing once',
                  command: 'qemu-io -f qcow2 -c quit {image}',
                },
              ],
          doNot: [
            {
              text: 'Write to it with anything but QEMU: other programs would believe the refcounts',
              command: undefined,
            },
          ],
        }),
      },
    ];
  },
};

/** Clusters in use whose refcount is 0: QEMU takes them for free. */
export const refcountsZero: CauseRule = {
  suspects(evidence) {
    const { zero, cells } = evidence;
    const count = zero.clusters.clusters;
    if (count === 0) return [];
    const isAll = count >= cells.inUse * ALL;
    return [
      {
        id: 'refcounts-zero',
        groups: [zero],
        endangers: [zero.clusters],
        takes: ({ code }) => code === 'refcount-overflow',
        tell: () => ({
          severity: 'danger',
          title: isAll
            ? 'No refcounts: they were never filled in, or their table is lost'
            : count === 1
              ? `QEMU gives cluster ${countText(zero.clusters.first ?? 0)} away: it is in use, and its refcount is 0`
              : `QEMU gives ${plural(count, 'cluster')} away that are in use: their refcount is 0`,
          explanation: isAll
            ? 'All data still reads. But to QEMU the whole file is free: the next write puts new data over tables and data that are in use.'
            : 'They still read. But to QEMU they are free: the next write that needs room puts new data over them.',
          doNext: [COPY, REPAIR_COPY, CHECK_COPY],
          doNot: [NO_VM, NO_LEAKS_REPAIR('Repair only the leaks: with such refcounts it gives up')],
          clusterToShow: zero.clusters.first,
        }),
      },
    ];
  },
};

/** Clusters that the disk and snapshots share, by more than their refcount tells. */
export const refcountsLow: CauseRule = {
  suspects({ low, cells }) {
    if (low.clusters.clusters === 0 && cells.unknown.clusters.clusters === 0) return [];
    const count = low.clusters.clusters;
    return [
      {
        id: 'refcounts-wrong',
        groups: [low, cells.unknown],
        endangers: [low.clusters, cells.unknown.clusters],
        takes: ({ code }) =>
          code === 'refcount-block-outside' ||
          code === 'refcount-table-reserved-bits' ||
          code === 'refcount-block-unaligned',
        tell: () => ({
          severity: 'danger',
          title:
            count === 0
              ? `The refcounts of ${plural(cells.unknown.clusters.clusters, 'cluster')} cannot be read`
              : `${plural(count, 'cluster is', 'clusters are')} shared by more than the refcount tells`,
          explanation:
            count === 0
              ? 'QEMU cannot tell which of these clusters are in use, and refuses to write.'
              : 'All still reads. But a write to the disk changes what a snapshot has kept, and deleting a snapshot frees what the disk still uses.',
          doNext: [COPY, REPAIR_COPY, CHECK_COPY],
          doNot: [
            NO_VM,
            {
              text: 'Delete a snapshot: that lowers the refcounts still further',
              command: undefined,
            },
          ],
          clusterToShow: low.clusters.first ?? cells.unknown.clusters.first,
        }),
      },
    ];
  },
};

/** COPIED flags that contradict a refcount which is right. */
export const copiedFlags: CauseRule = {
  suspects({ scan }) {
    const count =
      (scan.copiedFindings.byCode().get('copied-data') ?? 0) +
      (scan.copiedFindings.byCode().get('copied-l2-table') ?? 0);
    if (count === 0) return [];
    return [
      {
        id: 'copied-flags',
        takes: ({ code }) => code === 'copied-data' || code === 'copied-l2-table',
        tell: ({ findings }) => ({
          severity: 'damage',
          title: `${plural(findings, 'entry has', 'entries have')} a COPIED flag that contradicts the refcount`,
          explanation:
            'All data reads. The flag says whether a cluster may be written in place: set by mistake, a write of the guest changes what a snapshot has kept; missing, a write makes a needless copy.',
          doNext: [COPY, REPAIR_COPY, CHECK_COPY],
          doNot: [NO_VM],
        }),
      },
    ];
  },
};

/** Clusters that nothing refers to and that are kept. */
export const leaks: CauseRule = {
  suspects({ leaks: leaked, scan, image }) {
    const count = leaked.clusters.clusters;
    if (count === 0) return [];
    const { clusterSize } = image.geometry;
    const isUnsafe = scan.notices.byCode().has('repair-deletes-snapshots');
    return [
      {
        id: 'leaks',
        groups: [leaked],
        tell: () => ({
          severity: 'waste',
          title: `${plural(count, 'leaked cluster')}: ${sizeText(count * clusterSize)} of the file that nothing uses`,
          explanation:
            'Their refcounts count owners that are not there: a VM was killed, or the host lost power, between taking a cluster and using it. No data is harmed.',
          danger: 'no guest data',
          doNext: isUnsafe
            ? [
                COPY,
                {
                  text: 'Leave them: a repair would delete the snapshots (see that cause)',
                  command: undefined,
                },
              ]
            : [
                COPY,
                {
                  text: 'Free them; the VM has to be off',
                  command: 'qemu-img check -f qcow2 -r leaks {image}',
                },
              ],
          doNot: [],
          clusterToShow: leaked.clusters.first,
        }),
      },
    ];
  },
};
