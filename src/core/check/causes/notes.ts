import { Inspection } from '../../inspect/inspection.js';
import type { CauseRule } from './rule.js';
import { countText, plural, sizeText } from '../../numbers.js';
import { COPY, REPAIR_COPY } from './words.js';

/** So many times what the disk and the clusters in use need; QEMU itself makes it twice as large. */
const LARGE = 4;

/** A refcount table that could count a file many times as long. */
export const refcountTableLarge: CauseRule = {
  suspects({ image, cells }) {
    const { geometry, header, refcountTable } = image;
    const { clusterSize, refcountsPerBlock, virtualSize } = geometry;
    const clusters = header.number('refcount_table_clusters');
    const counted = Math.max(cells.inUse, Number(virtualSize) / clusterSize);
    const needed = Math.max(
      1,
      Math.ceil((Math.ceil(counted / refcountsPerBlock) * 8) / clusterSize),
    );
    if (clusters < needed * LARGE) return [];
    const used = cells.inUse * clusterSize;
    const isLast = refcountTable.offset + clusters * clusterSize >= image.source.size;
    const keeps =
      isLast && used * 2 < image.source.size
        ? ` It lies at the end of the file and keeps it ${sizeText(image.source.size)} long, of which ${sizeText(used)} are in use.`
        : '';
    let blocks = 0;
    for (let index = 0; index < refcountTable.present; index++)
      if (refcountTable.high(index) !== 0 || refcountTable.low(index) !== 0) blocks++;
    const reach = clusters * (clusterSize / 8) * refcountsPerBlock * clusterSize;
    return [
      {
        id: 'refcount-table-large',
        always: true,
        tell: () => ({
          severity: 'note',
          title: `The refcount table is ${countText(Math.round(clusters / needed))} times as large as it need be`,
          explanation: `Its ${plural(clusters, 'cluster')} (${sizeText(clusters * clusterSize)}) could count a file of ${sizeText(reach)}; ${plural(blocks, 'entry is', 'entries are')} in use.${keeps} Valid, and harmless to QEMU, which reads it whole at each opening. Other readers may set a lower limit, and call it invalid. A file that was once far longer, or a tool with its own idea of growth, leaves such a table; QEMU never makes it smaller.`,
          danger: 'no guest data',
          doNext: [
            {
              text: 'Nothing has to be done. To be rid of it, write the disk to a new image (without its snapshots)',
              command: 'qemu-img convert -f qcow2 -O qcow2 {image} {new}',
            },
          ],
          doNot: [],
          clusterToShow: Math.floor(refcountTable.offset / clusterSize),
        }),
      },
    ];
  },
};

/** "Fragmented", where every fragment is a compressed cluster. */
export const onlyCompressed: CauseRule = {
  suspects({ scan }) {
    const { allocated, fragmented, compressed } = scan.statistics;
    if (compressed === 0 || fragmented < allocated / 2 || fragmented - compressed > fragmented / 20)
      return [];
    const part = Math.round((fragmented * 100) / allocated);
    return [
      {
        id: 'only-compressed',
        always: true,
        tell: () => ({
          severity: 'note',
          title: `"${part}% fragmented" only means that it is compressed`,
          explanation: `"qemu-img check" counts every compressed cluster as a fragment, wherever it lies. Of ${plural(fragmented, 'fragment')} ${countText(compressed)} are compressed clusters. There is nothing to mend; reading is slower because of the unpacking, not because of the places.`,
          danger: 'no guest data',
          doNext: [
            {
              text: 'Nothing has to be done. If speed matters more than space, write the disk uncompressed (without its snapshots)',
              command: 'qemu-img convert -f qcow2 -O qcow2 {image} {new}',
            },
          ],
          doNot: [],
        }),
      },
    ];
  },
};

/** The corrupt bit: QEMU has seen damage once, and does not write any more. */
export const markedCorrupt: CauseRule = {
  suspects({ corrupt, scan }) {
    if (!corrupt) return [];
    const counts = new Inspection(scan).counts();
    const isClean = counts?.corruptions === 0 && counts.checkErrors === 0;
    return [
      {
        id: 'marked-corrupt',
        always: true,
        tell: () => ({
          severity: isClean ? 'note' : 'damage',
          title: 'QEMU has marked the image as corrupt, and writes to it no more',
          explanation: `It stopped a write that would have destroyed a table, or met an entry that cannot be right. Reading still works.${isClean ? ' The check finds nothing wrong now.' : ' What it met is among the causes here.'}`,
          danger: 'nothing by itself: the mark protects what is left',
          doNext: [
            COPY,
            isClean
              ? { ...REPAIR_COPY, text: 'Clear the mark in the copy: a repair does that' }
              : {
                  text: 'See to the other causes first; a repair clears the mark',
                  command: undefined,
                },
          ],
          doNot: [
            {
              text: 'Clear the mark just to start the VM: the next write does the harm',
              command: undefined,
            },
          ],
          clusterToShow: 0,
        }),
      },
    ];
  },
};
