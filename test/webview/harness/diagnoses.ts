import type { DiagnosisAnswer } from '../../../src/protocol/diagnosis.js';
import type { Cause, Diagnosis, Step } from '../../../src/core/check/causes/cause.js';
import type { Answers, Method } from '../../../src/protocol/questions.js';
import type { HostedImage } from './editorPage.js';
import { hostCluster } from '../../../src/core/units.js';

const COPY: Step = {
  text: 'Copy the file first: everything else can then be tried on the copy',
  command: 'cp {image} {copy}',
};
const SALVAGE: Step = {
  text: 'Write the disk, as far as it still reads, to a new image (without its snapshots); the old file stays as it is',
  command: 'qemu-img convert -f qcow2 --salvage -O qcow2 {image} {new}',
};
const NO_VM: Step = {
  text: 'Start the VM, or let anything else write to the image',
  command: undefined,
};

/** A cause of which a test says what matters to it. */
export const cause = (parts: Partial<Cause>): Cause => ({
  id: 'other',
  severity: 'damage',
  title: 'Something is wrong',
  explanation: 'It is not as it should be.',
  picture: undefined,
  danger: { bytes: 0, text: '', guest: [], ranges: 0, snapshots: [], wholeDisk: false },
  doNext: [],
  doNot: [],
  host: [],
  findings: 0,
  qemuLines: [],
  qemuLineCount: 0,
  clusterToShow: undefined,
  ...parts,
});

/** The same image with a diagnosis of its own. */
export const diagnosed = (image: HostedImage, diagnosis: Diagnosis): HostedImage =>
  answering(image, () => ({ state: 'diagnosed', diagnosis }));

export const answering = (image: HostedImage, answer: () => DiagnosisAnswer): HostedImage => {
  const replaced: Partial<Answers<Method>> = { ...image.replaced, diagnosis: answer };
  return { ...image, replaced };
};

const twoOwners = cause({
  id: 'two-owners',
  severity: 'danger',
  title: 'Guest data at 0x50000 lies on the active L1 table',
  explanation:
    'The next write of the guest there replaces the active L1 table; until then the guest reads the bytes of the table as its data.',
  picture: {
    cluster: hostCluster(3),
    left: {
      kind: 'data',
      text: 'guest 0x50000',
      guest: { start: 0x50000, length: 0x10000, snapshot: undefined },
    },
    right: { kind: 'active-l1', text: 'active L1', guest: undefined },
  },
  danger: {
    bytes: 40 * 2 ** 30,
    text: 'the whole 40 GiB disk hangs on the active L1 table',
    guest: [{ start: 0, length: 40 * 2 ** 30, snapshot: undefined }],
    ranges: 1,
    snapshots: [],
    wholeDisk: true,
  },
  doNext: [COPY, SALVAGE],
  doNot: [
    NO_VM,
    {
      text: 'Repair it: both owners stay in the cluster, and the check then finds nothing wrong',
      command: 'qemu-img check -f qcow2 -r all {image}',
    },
  ],
  host: [{ offset: 0x30000, length: 0x10000 }],
  findings: 1,
  qemuLines: ['ERROR cluster 3 refcount=1 reference=2'],
  qemuLineCount: 1,
  clusterToShow: hostCluster(3),
});

/** Five causes, as an image has them that two programs wrote to and whose disk then was full. */
export const DAMAGED: Diagnosis = {
  verdict: 'damaged',
  headline: 'Damaged: 5 causes. One puts the whole disk at risk.',
  firstStep: {
    text: 'Leave the VM off, and copy the file before anything else',
    command: 'cp {image} {copy}',
  },
  causes: [
    twoOwners,
    cause({
      ...twoOwners,
      title: 'Guest data at 0x40120000 lies on an L2 table',
      picture: {
        cluster: hostCluster(22),
        left: {
          kind: 'data',
          text: 'guest 0x40120000',
          guest: { start: 0x40120000, length: 0x10000, snapshot: undefined },
        },
        right: {
          kind: 'active-l2',
          text: 'L2 table of 10–10.5 GiB',
          guest: { start: 0x280000000, length: 2 ** 29, snapshot: undefined },
        },
      },
      danger: {
        bytes: 2 ** 29,
        text: 'what the guest has from 0x280000000 on, and with it a snapshot',
        guest: [
          { start: 0x280000000, length: 2 ** 28, snapshot: undefined },
          { start: 0x298000000, length: 2 ** 27, snapshot: undefined },
          { start: 0x280000000, length: 2 ** 27, snapshot: 'before-upgrade' },
        ],
        ranges: 7,
        snapshots: ['before-upgrade'],
        wholeDisk: false,
      },
      clusterToShow: hostCluster(22),
      findings: 3,
      qemuLines: ['ERROR cluster 22 refcount=1 reference=2'],
    }),
    cause({
      id: 'refcounts-zero',
      severity: 'danger',
      title: 'QEMU gives 3 clusters away that are in use: their refcount is 0',
      explanation: 'The next write that needs room takes one of them.',
      danger: {
        bytes: 3 * 2 ** 16,
        text: 'what lies in clusters that QEMU takes for free',
        guest: [{ start: 0x2d0000, length: 3 * 2 ** 16, snapshot: undefined }],
        ranges: 1,
        snapshots: [],
        wholeDisk: false,
      },
      doNext: [COPY, { text: 'Repair the copy', command: 'qemu-img check -f qcow2 -r all {copy}' }],
      doNot: [NO_VM],
      findings: 3,
      qemuLines: [
        'ERROR cluster 61203 refcount=0 reference=1',
        'ERROR cluster 61204 refcount=0 reference=1',
        'ERROR cluster 61205 refcount=0 reference=1',
      ],
      qemuLineCount: 3,
      clusterToShow: hostCluster(16),
    }),
    cause({
      id: 'cut-off',
      title: 'An entry points past the end of the file, to where nothing ever was',
      explanation: 'The entry is damaged, not the file: no refcount knows of that place.',
      danger: {
        bytes: 2 ** 16,
        text: 'one cluster of the guest reads with an error',
        guest: [{ start: 0x40090000, length: 0x10000, snapshot: undefined }],
        ranges: 1,
        snapshots: [],
        wholeDisk: false,
      },
      doNext: [COPY],
      findings: 1,
    }),
    cause({
      id: 'flag-bits',
      title: 'A stray bit in the L2 entry of guest 0x400b0000',
      explanation: 'Without it the offset is right.',
      picture: {
        cluster: hostCluster(310543),
        left: {
          kind: 'data',
          text: 'guest 0x400b0000',
          guest: { start: 0x400b0000, length: 0x10000, snapshot: undefined },
        },
        right: { kind: 'bitmap-data', text: "bitmap 'backup'", guest: undefined },
      },
      danger: {
        bytes: 2 ** 16,
        text: 'one cluster of the guest',
        guest: [{ start: 0x400b0000, length: 0x10000, snapshot: undefined }],
        ranges: 1,
        snapshots: [],
        wholeDisk: false,
      },
      doNext: [COPY],
      findings: 2,
    }),
  ],
};

const LEAK_LINES = Array.from(
  { length: 20 },
  (_, index) => `Leaked cluster ${index + 40} refcount=1 reference=0`,
);

/** One cause of a million findings, and a note. */
export const LEAKING: Diagnosis = {
  verdict: 'waste',
  headline: 'No errors; 14,441 clusters are leaked',
  firstStep: undefined,
  causes: [
    cause({
      id: 'leaks',
      severity: 'waste',
      title: '14,441 leaked clusters: 902 MiB of the file that nothing uses',
      explanation: 'QEMU was ended before it could free them. They do no harm.',
      doNext: [
        COPY,
        {
          text: 'Free them; the VM has to be off',
          command: 'qemu-img check -f qcow2 -r leaks {image}',
        },
      ],
      findings: 14441,
      qemuLines: LEAK_LINES,
      qemuLineCount: 14441,
      clusterToShow: hostCluster(5),
    }),
    cause({
      id: 'only-compressed',
      severity: 'note',
      title: '"97% fragmented" only means that it is compressed',
      explanation:
        '"qemu-img check" counts every compressed cluster as a fragment, wherever it lies. There is nothing to mend.',
      doNext: [
        {
          text: 'Nothing has to be done. If speed matters more than space, write the disk uncompressed (without its snapshots)',
          command: 'qemu-img convert -f qcow2 -O qcow2 {image} {new}',
        },
      ],
    }),
  ],
};

export const HEALTHY: Diagnosis = {
  verdict: 'healthy',
  headline: 'No errors',
  firstStep: undefined,
  causes: [],
};

/** An image that QEMU does not open, and whose snapshots cannot be read. */
export const UNREADABLE: Diagnosis = {
  verdict: 'unreadable',
  headline: 'QEMU does not open this image: 1 cause.',
  firstStep: COPY,
  causes: [
    cause({
      id: 'snapshot-table',
      title: 'The snapshot table cannot be read: 2 snapshots are out of reach',
      explanation:
        'The header points behind the end of the file. What only they have kept is lost.',
      danger: {
        bytes: 2 ** 30,
        text: "what only 'nightly' and 'before-upgrade' have kept",
        guest: [],
        ranges: 0,
        snapshots: ['nightly', 'before-upgrade'],
        wholeDisk: false,
      },
      doNext: [COPY, SALVAGE],
      doNot: [NO_VM],
      findings: 1,
      qemuLines: ['qemu-img: Could not open: Could not read snapshots: File too large'],
      qemuLineCount: 1,
    }),
  ],
};
