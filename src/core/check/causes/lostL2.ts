import { bytesPerTable } from '../../guest/guestMap.js';
import type { MappableImage } from '../../qcow2/image.js';
import type { Step } from './cause.js';
import type { LostTable } from './evidence.js';
import type { CauseRule } from './rule.js';
import { plural, sizeText } from '../../numbers.js';
import { CHECK_COPY, COPY, NO_LEAKS_REPAIR, pokeStep } from './words.js';

/** COPIED, as the first byte of an entry has it. */
const COPIED_BYTE = 0x80;

/** Leaked clusters that were a table and its data: the L1 entry that led to them is gone. */
export const lostL2: CauseRule = {
  suspects({ lostTables, lostLeaks, image }) {
    if (lostTables.length === 0) return [];
    const entries = lostTables.reduce((sum, table) => sum + table.entries, 0);
    const unseenBytes = entries * image.geometry.clusterSize;
    return [
      {
        id: 'lost-l2',
        groups: [lostLeaks],
        takes: ({ code }) => code === 'lost-l2-table',
        tell: () => {
          const bring = bringBack(image, lostTables);
          return {
            severity: 'damage',
            title:
              lostTables.length === 1
                ? `A lost L2 table: ${sizeText(unseenBytes)} of the disk hang on nothing`
                : `${plural(lostTables.length, 'lost L2 table')}: ${sizeText(unseenBytes)} of the disk hang on nothing`,
            explanation:
              'A leaked cluster reads like an L2 table, and its entries point to leaked clusters. The L1 entry that led to it was most likely overwritten; the guest reads zeros there, or what a backing file has. The data is still in the file.',
            unseenBytes,
            danger: `${sizeText(unseenBytes)} that the guest does not see now, and that freeing the leaks destroys`,
            doNext: bring ? [COPY, bring, CHECK_COPY] : [COPY, LOOK],
            doNot: [
              { text: 'Let the guest write to that part of the disk', command: undefined },
              NO_LEAKS_REPAIR('Free the leaked clusters: the data is then gone for good'),
            ],
            clusterToShow: lostTables[0].cluster,
          };
        },
      },
    ];
  },
};

const LOOK: Step = {
  text: 'Find out which L1 entry is missing: it has to point to this cluster again, in the copy',
  command: undefined,
};

/** How to point the L1 entry there again, when there is but one that it can have been. */
function bringBack(
  { l1, geometry }: MappableImage,
  tables: readonly LostTable[],
): Step | undefined {
  const [table, second] = tables;
  if (second) return undefined;
  let missing: number | undefined;
  for (let index = 0; index < Math.min(l1.present, geometry.l1DiskEntries); index++) {
    if (l1.high(index) !== 0 || l1.low(index) !== 0) continue;
    if (missing !== undefined) return undefined;
    missing = index;
  }
  if (missing === undefined) return undefined;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(table.cluster * geometry.clusterSize));
  bytes[0] |= COPIED_BYTE;
  const entryOffset = l1.entryOffset(missing);
  const start = missing * bytesPerTable(geometry);
  return pokeStep(
    `Point L1 entry ${missing} (guest 0x${start.toString(16)} on), the only empty one, to the table again, in the copy`,
    Array.from(bytes, (byte, i) => [entryOffset + i, byte] as const),
  );
}
