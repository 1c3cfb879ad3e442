import { readBytes } from '../../byteSource.js';
import { AUTOCLEAR } from '../../qcow2/features.js';
import type { MappableImage } from '../../qcow2/image.js';
import type { Step } from './cause.js';
import type { CauseRule } from './rule.js';
import { plural } from '../../numbers.js';
import { COPY, namesText, NO_REPAIR, pokeStep } from './words.js';

/** The last byte of autoclear_features, whose bit 0 says that the bitmaps are good. */
const AUTOCLEAR_BYTE = 95;

/** Bitmaps that are told how to remove. */
const MAX_NAMED = 8;

/** The list of bitmaps, or the table of one, breaks the format. */
export const bitmapDirectory: CauseRule = {
  suspects({ image, scan }) {
    const { bitmaps } = image;
    const codes = scan.findings.byCode();
    const isBroken =
      bitmaps?.failure !== undefined ||
      codes.has('bitmap-table-invalid') ||
      codes.has('bitmap-directory-unreadable');
    const isRefused = image.problems.some(
      ({ field, refusal }) => refusal !== undefined && /bitmap/i.test(field + refusal),
    );
    if (!isBroken && !isRefused) return [];
    const names = (bitmaps?.bitmaps ?? []).map(({ name }) => name);
    return [
      {
        id: 'bitmap-directory',
        always: true,
        takes: ({ code }) =>
          code === 'bitmap-table-invalid' || code === 'bitmap-directory-unreadable',
        tell: () => ({
          severity: 'damage',
          title: bitmaps?.failure
            ? 'The list of bitmaps cannot be read'
            : "A bitmap's table cannot be read",
          explanation: `Bitmaps only say what an incremental backup has to copy; the disk itself is not concerned.${isRefused ? ' Yet QEMU refuses to open the image, since its header says that they are good.' : ''}${names.length > 0 ? ` Still named: ${namesText(names)}.` : ''}`,
          danger: 'no guest data: the bitmaps, so that the next backup has to be a full one',
          doNext: isRefused
            ? [COPY, forget(image), OPEN_COPY]
            : [COPY, { text: 'Remove the bitmaps, and make a full backup', command: undefined }],
          doNot: [NO_REPAIR('Repair it: the check itself fails, and nothing is changed')],
          clusterToShow: bitmaps && Math.floor(bitmaps.offset / image.geometry.clusterSize),
        }),
      },
    ];
  },
};

const OPEN_COPY: Step = {
  text: 'Let QEMU open the copy for writing: it drops the bitmaps. Then check it; what they took shows up as leaked',
  command: 'qemu-io -f qcow2 -c quit {copy}',
};

/** Takes back that the bitmaps are good: QEMU then leaves them alone. */
function forget({ source }: MappableImage): Step {
  const byte = readBytes(source, AUTOCLEAR_BYTE, 1)[0] & ~Number(AUTOCLEAR.bitmaps);
  return pokeStep('Say in the header of the copy that the bitmaps are out of date', [
    [AUTOCLEAR_BYTE, byte],
  ]);
}

/** Bitmaps that a program left open: out of date for good. */
export const bitmapInUse: CauseRule = {
  suspects({ image }) {
    const stale = (image.bitmaps?.bitmaps ?? []).filter(({ inUse }) => inUse);
    if (stale.length === 0) return [];
    const names = stale.map(({ name }) => name);
    return [
      {
        id: 'bitmap-in-use',
        always: true,
        takes: ({ code }) => code === 'bitmap-in-use',
        tell: () => ({
          severity: 'note',
          title: `${stale.length === 1 ? 'A bitmap is' : `${plural(stale.length, 'bitmap')} are`} out of date: ${namesText(names)}`,
          explanation:
            'A program marked it as in use and did not save it: a VM is running right now, or was killed. If it was killed, what the bitmap says is lost; it still keeps its name, so a new bitmap of that name cannot be stored.',
          danger: 'no guest data: an incremental backup that went by it would miss changes',
          doNext: [
            {
              text: 'Make sure that no VM has the image open: a running one saves them when it ends',
              command: undefined,
            },
            ...names.slice(0, MAX_NAMED).map((name) => ({
              text: `Otherwise remove '${name}'`,
              command: 'qemu-img bitmap -f qcow2 --remove {image} {0}',
              names: [name],
            })),
            { text: 'Make a full backup, with a new bitmap', command: undefined },
          ],
          doNot: [],
          clusterToShow:
            image.bitmaps && Math.floor(image.bitmaps.offset / image.geometry.clusterSize),
        }),
      },
    ];
  },
};
