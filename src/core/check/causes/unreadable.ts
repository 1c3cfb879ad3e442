import { readBytes } from '../../byteSource.js';
import { hex, viewOf } from '../../bytes.js';
import { foreignAdvice, foreignFormat } from '../../qcow2/foreignFormat.js';
import type { Image } from '../../qcow2/image.js';
import type { Step } from './cause.js';
import type { CauseRule, CauseText, Suspect } from './rule.js';
import { sizeText } from '../../numbers.js';
import { COPY } from './words.js';

/** QEMU refuses the image for something that no other rule explains. */
export const unreadable: CauseRule = {
  suspects: ({ image }) => {
    const isOurs = image.problems.some(
      ({ field, refusal }) => refusal !== undefined && !/snapshot|bitmap/i.test(field + refusal),
    );
    return image.refusal.open !== undefined && isOurs ? [unreadableSuspect(image)] : [];
  },
};

/** The same for an image that cannot even be scanned. */
export const unreadableSuspect = (image: Image): Suspect => ({
  id: 'unreadable',
  always: true,
  tell: () => (image.foreign ? notQcow2(image) : refused(image)),
});

function refused({ problems, refusal }: Image): CauseText {
  const first = problems.find((problem) => problem.refusal !== undefined) ?? problems.at(0);
  const rest = problems.length - 1;
  return {
    severity: 'damage',
    title: `QEMU does not open the image: ${refusal.open ?? first?.refusal ?? 'the file has too many clusters'}`,
    explanation: `${first ? `${first.message}.` : 'It is laid out in more clusters than QEMU checks.'}${rest > 0 ? ` ${rest} more fields are wrong.` : ''} Fields of the header have been overwritten, or were written by a program with another idea of the format.`,
    danger: 'the whole disk, until the header is right again; what lies behind it is not concerned',
    doNext: [
      COPY,
      {
        text: `Compare the header with that of a sound image from the same source${first ? `; the field at ${hex(first.offset)} is the first to look at` : ''}, and mend it in the copy`,
        command: undefined,
      },
    ],
    doNot: [
      {
        text: 'Repair it: QEMU refuses to open it for that too',
        command: 'qemu-img check -f qcow2 -r all {image}',
      },
    ],
    clusterToShow: 0,
  };
}

function notQcow2(image: Image): CauseText {
  const { source } = image;
  const format = foreignFormat(source);
  if (format)
    return {
      severity: 'damage',
      title: `This is no qcow2 image, but ${format.title}`,
      explanation: 'Nothing says that it is damaged: it only has another format.',
      danger: 'nothing',
      doNext: [{ text: foreignAdvice(format), command: undefined }],
      doNot: [],
    };
  const traces = findTraces(image);
  if (!traces)
    return {
      severity: 'damage',
      title: 'This is no qcow2 image',
      explanation: `It begins neither as one does, nor as any other format that is known here${textAtStart(image)}. It may be a raw disk image, or an image whose first clusters have been overwritten.`,
      danger: 'unknown: nothing here tells what is in the file',
      doNext: [
        COPY,
        {
          text: 'If it is meant to be raw, say so to QEMU',
          command: 'qemu-img info -f raw {image}',
        },
      ],
      doNot: [],
    };
  return {
    severity: 'damage',
    title: `The header of a qcow2 image has been overwritten${textAtStart(image, ' by')}`,
    explanation: `The file does not begin as a qcow2 image does, but behind its start there are the tables of one with clusters of ${sizeText(traces.clusterSize)}: a refcount table at ${hex(traces.clusterSize)}, and what counts cluster 0. Only the first cluster need be lost: the header, which says how large the disk is and where its tables lie.`,
    danger:
      'the whole disk, until there is a header again; its tables and its data are most likely whole',
    doNext: [COPY, ...traces.steps],
    doNot: [
      {
        text: 'Create an image of this name again: that overwrites the tables too',
        command: undefined,
      },
      { text: 'Repair it: QEMU takes it for a raw image', command: 'qemu-img check {image}' },
    ],
    clusterToShow: undefined,
  };
}

const PRINTABLE_AT_LEAST = 16;

/** What the file begins with, if that is a text. */
function textAtStart({ source }: Image, by = ', but with'): string {
  const text = String.fromCharCode(...readBytes(source, 0, 24));
  const [found] = /^[\x20-\x7e\t\r\n]+/.exec(text) ?? [''];
  return found.length < PRINTABLE_AT_LEAST ? '' : `${by} text ("${found.replace(/\s+/g, ' ')}…")`;
}

interface Traces {
  readonly clusterSize: number;
  readonly steps: readonly Step[];
}

/**
 * A new image of QEMU's has its refcount table in cluster 1, with a block that counts cluster 0 once
 * (qcow2_co_create).
 */
function findTraces({ source }: Image): Traces | undefined {
  for (let bits = 21; bits >= 9; bits--) {
    const clusterSize = 2 ** bits;
    if (source.size < 4 * clusterSize) continue;
    const table = viewOf(readBytes(source, clusterSize, 8)).getBigUint64(0);
    const block = Number(table);
    if (block === 0 || block % clusterSize !== 0 || block >= source.size) continue;
    const counts = viewOf(readBytes(source, block, 4));
    if (counts.getUint16(0) !== 1 || counts.getUint16(2) !== 1) continue;
    const l1 = viewOf(readBytes(source, 3 * clusterSize, 8)).getBigUint64(0);
    const isL1 =
      (l1 & 0x7f000000_000001ffn) === 0n && Number(l1 & 0x00fffffffffffe00n) % clusterSize === 0;
    const steps: Step[] = isL1
      ? [
          {
            text: `Make a new image of the same disk size ("qemu-img create -f qcow2 -o cluster_size=${clusterSize} NEW SIZE"): its first cluster is the header that is missing here. Copy those ${clusterSize} bytes over the first ones of the copy ("dd if=NEW of=COPY bs=${clusterSize} count=1 conv=notrunc")`,
            command: undefined,
          },
          {
            text: 'Then check the copy: with the right size it has no errors',
            command: 'qemu-img check -f qcow2 {copy}',
          },
        ]
      : [{ text: 'A header has to be made by hand, in the copy', command: undefined }];
    return { clusterSize, steps };
  }
  return undefined;
}

/** An image that says it is its own backing file. */
export const ownBackingFile = (fileName: string): CauseRule => ({
  suspects({ image }) {
    const { backingFile } = image;
    if (backingFile === undefined || fileName === '') return [];
    const own = fileName.split(/[/\\]/).at(-1);
    const isOwn =
      backingFile === fileName || backingFile === own || backingFile === `./${own ?? ''}`;
    if (!isOwn) return [];
    return [
      {
        id: 'own-backing-file',
        always: true,
        tell: () => ({
          severity: 'damage',
          title: 'The image is its own backing file',
          explanation:
            'What it does not hold itself it looks for in itself: QEMU opens it again and again until it gives up or runs out of memory. A copy over the wrong file, or a rebase with the wrong name, does that. "qemu-img check" finds nothing wrong.',
          danger: 'what the real backing file has; what this file holds itself is whole',
          doNext: [
            COPY,
            {
              text: 'Give the copy the right backing file; only its name changes ("qemu-img rebase -u -f qcow2 -F FORMAT -b NAME COPY"). If there never was one, without a name',
              command: 'qemu-img rebase -u -f qcow2 -b "" {copy}',
            },
          ],
          doNot: [
            {
              text: 'Start the VM, or ask QEMU for its chain: it does not come to an end',
              command: undefined,
            },
          ],
          clusterToShow: 0,
        }),
      },
    ];
  },
});
