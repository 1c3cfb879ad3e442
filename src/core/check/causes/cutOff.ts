import { hex } from '../../bytes.js';
import type { Evidence } from './evidence.js';
import type { Owner } from '../../map/owner.js';
import type { Finding } from '../finding.js';
import type { GuestRange, Step } from './cause.js';
import type { CauseRule } from './rule.js';
import { countText, plural, sizeText } from '../../numbers.js';
import {
  capital,
  CHECK_COPY,
  COPY,
  guestText,
  NO_LEAKS_REPAIR,
  NO_REPAIR,
  NO_VM,
  pokeStep,
  SALVAGE,
} from './words.js';

const isPastEnd = ({ code }: Finding): boolean =>
  code === 'refcount-past-end' || code === 'refcount-block-outside';

/** The file has lost its end: what is referred to behind it has refcounts, or those are gone too. */
export const cutOff: CauseRule = {
  suspects(evidence) {
    const { faults, image, scan } = evidence;
    const count = faults.get('cut-off') ?? 0;
    const tables = scan.findings.kept.some(isLostTable);
    if (count === 0 && !tables) return [];
    return [
      {
        id: 'cut-off',
        faults: ['cut-off'],
        takes: (finding) => isPastEnd(finding) || isLostTable(finding),
        tell: ({ bytes }) => {
          const missing = missingBytes(evidence);
          const end = hex(image.source.size);
          return {
            severity: 'damage',
            title:
              missing === undefined
                ? `The file is cut off at ${end}: ${count === 0 ? 'a table of its own' : plural(count, 'entry', 'entries')} ${count > 1 ? 'lie' : 'lies'} behind its end`
                : `The file is cut off: at least ${sizeText(missing)} are missing at its end`,
            explanation: `Tables point behind the end of the file at ${end}, where refcounts say that there was something. A copy that broke off, a full disk or a file system check does that. The guest reads zeros there, without an error.${bytes > 0 ? ' All other data of the disk is still there.' : ''}`,
            doNext: [
              {
                text: 'Get the whole file: copy it once more from where it came',
                command: undefined,
              },
              COPY,
              SALVAGE,
            ],
            doNot: [
              {
                text: 'Start the VM: it takes the zeros for its data, and goes on to write by them',
                command: undefined,
              },
              NO_REPAIR(
                'Repair it: no repair brings back what is missing, nor removes the entries',
              ),
            ],
          };
        },
      },
    ];
  },
};

/** A structure, not an entry's data, that lies behind the end. */
const isLostTable = ({ code, owner }: Finding): boolean =>
  code === 'past-end' && owner?.type !== 'l2-entry' && owner?.type !== 'l2-table';

/** From the end of the file to the last cluster with a refcount that is known. */
function missingBytes({ scan, image }: Evidence): number | undefined {
  const { clusters, first } = scan.stored.pastEnd;
  if (clusters === 0) return undefined;
  return (first + clusters) * image.geometry.clusterSize - image.source.size;
}

/** An entry that points to where there never was anything. */
export const strayPointer: CauseRule = {
  suspects(evidence) {
    const { faults, leaks } = evidence;
    const count = faults.get('past-end') ?? 0;
    if (count === 0) return [];
    // What so few entries have lost is most likely what so few leaks hold.
    const isTheirs = leaks.clusters.clusters > 0 && leaks.clusters.clusters <= count;
    return [
      {
        id: 'stray-pointer',
        faults: ['past-end'],
        ...(isTheirs && { groups: [leaks] }),
        takes: ({ code }) => code === 'past-end',
        tell: ({ examples }) => ({
          severity: 'damage',
          title:
            count === 1 && examples.length > 0
              ? `${capital(placeOf(examples[0]))} points past the end of the file, to where nothing ever was`
              : `${plural(count, 'entry points', 'entries point')} past the end of the file, to where nothing ever was`,
          explanation:
            'No refcount knows of a cluster there: the entries themselves have been overwritten, the file is not cut off. The guest reads zeros there, without an error.',
          doNext: [
            COPY,
            SALVAGE,
            ...(isTheirs && count === 1 ? pointBack(evidence, examples) : []),
          ],
          doNot: [
            NO_VM,
            isTheirs
              ? NO_LEAKS_REPAIR('Free the leaked clusters: they are most likely what is missing')
              : NO_REPAIR('Repair it: no repair changes these entries'),
          ],
          clusterToShow: leaks.clusters.first,
        }),
      },
    ];
  },
};

const placeOf = ({ owner }: Finding): string =>
  owner?.type === 'l2-entry' ? `the L2 entry of ${guestText(guestOf(owner))}` : 'one entry';

const guestOf = ({
  guestOffset,
  snapshot,
}: Extract<Owner, { type: 'l2-entry' }>): Pick<GuestRange, 'start' | 'snapshot'> => ({
  start: guestOffset,
  snapshot: snapshot?.name,
});

/** COPIED, as the first byte of an entry has it. */
const COPIED_BYTE = 0x80;

/** One entry and one leaked cluster: how to bring them together. */
function pointBack({ image, leaks }: Evidence, [first]: readonly Finding[]): Step[] {
  const cluster = leaks.clusters.first;
  const { owner } = first;
  if (cluster === undefined || owner?.type !== 'l2-entry' || image.geometry.extendedL2) return [];
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(cluster * image.geometry.clusterSize));
  bytes[0] |= COPIED_BYTE;
  const writes = Array.from(bytes, (byte, i) => [owner.entryOffset + i, byte] as const);
  return [
    pokeStep(
      `Or try, in the copy, whether the one leaked cluster (${countText(cluster)}) is what it pointed to; look at the data then`,
      writes,
    ),
    CHECK_COPY,
  ];
}

/** Entries that QEMU refuses to use, or that have bits which it overlooks. */
export const brokenEntries: CauseRule = {
  suspects({ faults }) {
    const refused = faults.get('refused') ?? 0;
    const odd = faults.get('odd') ?? 0;
    if (refused + odd === 0) return [];
    return [
      {
        id: 'broken-entries',
        faults: ['refused', 'odd'],
        tell: () => ({
          severity: 'damage',
          title:
            refused > 0
              ? `${plural(refused + odd, 'table entry', 'table entries')} cannot be right: the guest gets errors or wrong data`
              : `${plural(odd, 'table entry has', 'table entries have')} bits that the format leaves unused`,
          explanation:
            'An entry off the cluster grid, or one that contradicts itself, is refused: the guest gets an I/O error, and QEMU may mark the whole image as corrupt. Unused bits are overlooked, but they say that something wrote over the entry.',
          doNext: [COPY, SALVAGE],
          doNot: [NO_VM, NO_REPAIR('Repair it: no repair mends an entry that leads to data')],
        }),
      },
    ];
  },
};
