import { repairDanger } from '../repairDanger.js';
import type { Step } from './cause.js';
import type { CauseRule } from './rule.js';
import { countText, plural, sizeText } from '../../numbers.js';
import { COPY, namesText, NO_LEAKS_REPAIR, NO_REPAIR, NO_VM } from './words.js';

/** The list of snapshots cannot be read, or leads to L1 tables that cannot be. */
export const snapshotTable: CauseRule = {
  suspects({ image, scan, leaks, lostLeaks, pairs }) {
    const { snapshotsUnreadable, snapshotTable: table, header } = image;
    const isListBroken = snapshotsUnreadable !== undefined || table.zeros > 0;
    const broken = [...scan.findings.byCode()]
      .filter(([code]) => code === 'snapshot-l1-unaligned' || code === 'snapshot-l1-too-large')
      .reduce((sum, [, count]) => sum + count, 0);
    if (!isListBroken && broken === 0) return [];
    const promised = header.number('nb_snapshots');
    const readable = table.snapshots.map(({ name }) => name);
    const leaked =
      (leaks.clusters.clusters + lostLeaks.clusters.clusters) * image.geometry.clusterSize;
    // What was written over the list.
    const over = isListBroken ? pairs.filter(({ kinds }) => kinds[0] === 'snapshot-table') : [];
    return [
      {
        id: 'snapshot-table',
        // What only the lost snapshots held looks leaked.
        groups: [leaks, lostLeaks, ...over],
        takes: ({ code }) =>
          code === 'snapshot-l1-unaligned' ||
          code === 'snapshot-l1-too-large' ||
          code === 'snapshot-table-unreadable' ||
          code === 'lost-l2-table' ||
          (isListBroken && code === 'snapshot-incomplete'),
        always: true,
        snapshots: readable,
        tell: () => ({
          severity: 'damage',
          title: isListBroken
            ? `The list of snapshots cannot be read: ${leftIn(readable.length, promised)}`
            : `${plural(broken, 'snapshot leads', 'snapshots lead')} to an L1 table that cannot be read`,
          explanation: isListBroken
            ? `${isOpenable(image.refusal.open) ? '' : 'QEMU refuses to open the image for that, though the disk itself is not concerned. '}Most often a snapshot was made or deleted from outside while a VM had the image open, and the VM then wrote over the new list.${readable.length > 0 ? ` Still readable: ${namesText(readable)}.` : ''}`
            : 'The entry of the snapshot is damaged. It can be neither loaded nor deleted; the disk itself is not concerned.',
          danger: `${isListBroken ? `what ${promised === 1 ? 'the snapshot has' : `the ${plural(promised, 'snapshot')} have`} kept` : broken === 1 ? 'what this snapshot has kept' : 'what these snapshots have kept'}${leaked > 0 ? `; ${sizeText(leaked)} that now look leaked` : ''}; the disk itself is not concerned`,
          doNext: isListBroken ? [COPY, DROP, CONVERT] : [COPY, CONVERT_FIRST],
          doNot: [
            NO_VM,
            isListBroken
              ? NO_REPAIR('Repair the only file there is: that drops these snapshots for good')
              : NO_LEAKS_REPAIR('Free what looks leaked: it is what the snapshots have kept'),
          ],
          clusterToShow: Math.floor(image.snapshotsOffset / image.geometry.clusterSize),
        }),
      },
    ];
  },
};

const isOpenable = (refusal: string | undefined): boolean => refusal === undefined;

const DROP: Step = {
  text: 'To get the disk back: repair the copy. That drops the snapshots which cannot be read, with all that only they have kept',
  command: 'qemu-img check -f qcow2 -r all {copy}',
};

const CONVERT: Step = {
  text: 'Then write the disk to a new image, and use that one',
  command: 'qemu-img convert -f qcow2 -O qcow2 {copy} {new}',
};

const CONVERT_FIRST: Step = {
  text: 'Write the disk to a new image (without snapshots); the old file stays as it is',
  command: 'qemu-img convert -f qcow2 -O qcow2 {image} {new}',
};

/** What a repair of QEMU's would do to the snapshots of this image. */
export const repairDeletesSnapshots: CauseRule = {
  suspects({ image, scan }) {
    const danger = repairDanger(image);
    if (!danger) return [];
    const names = image.snapshotTable.snapshots.map(({ name }) => name);
    const bitmaps = (image.bitmaps?.bitmaps ?? []).map(({ name }) => name);
    const inviting = scan.comparison.total + scan.findings.total + scan.copiedFindings.total > 0;
    const safe: Step[] = danger.cause.includes('persistent bitmaps')
      ? bitmaps.slice(0, 8).map((name) => ({
          text: 'If it has to be repaired: remove this bitmap first (the next backup has to be a full one)',
          command: 'qemu-img bitmap -f qcow2 --remove {image} {0}',
          names: [name],
        }))
      : [
          {
            text: 'If it has to be repaired: let QEMU open it for writing first',
            command: 'qemu-io -f qcow2 -c quit {image}',
          },
        ];
    return [
      {
        id: 'repair-deletes-snapshots',
        always: true,
        takes: ({ code }) => code === 'repair-deletes-snapshots',
        snapshots: names,
        tell: () => ({
          severity: inviting ? 'danger' : 'note',
          title: `A repair would delete ${names.length === 1 ? 'the snapshot' : `all ${plural(names.length, 'snapshot')}`}`,
          explanation: `It is a fault of QEMU's: "qemu-img check -r" opens the image without reading its snapshots, and because ${danger.cause}, it then writes a header that has none. It reports success. Without "-r" the check changes nothing.`,
          danger: `${plural(names.length, 'snapshot')} (${namesText(names)}), if anybody repairs the image`,
          doNext: [COPY, ...safe],
          doNot: [
            NO_LEAKS_REPAIR('Free leaked clusters: the snapshots go with them'),
            NO_REPAIR('Repair it as it is'),
          ],
          clusterToShow: 0,
        }),
      },
    ];
  },
};

/** "its only snapshot is lost", "none of its 3 snapshots is left", "2 of its 3 snapshots are left" */
function leftIn(readable: number, promised: number): string {
  if (readable === 0 && promised === 1) return 'its only snapshot is lost';
  const left = readable === 0 ? 'none' : countText(readable);
  return `${left} of its ${plural(promised, 'snapshot')} ${readable > 1 ? 'are' : 'is'} left`;
}
