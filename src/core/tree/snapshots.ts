import { readBytes } from '../byteSource.js';
import { hex, viewOf } from '../bytes.js';
import { EntryTable } from '../qcow2/entryTable.js';
import type { MappableImage } from '../qcow2/image.js';
import { MAX_L1_BYTES, MAX_SNAPSHOTS } from '../qcow2/limits.js';
import { readSnapshotTable, type Snapshot } from '../qcow2/snapshotTable.js';
import { type Branch, type Children, fewChildren, indexOf } from './branch.js';
import { bytesField, fieldsAt, pointer, textField } from './fields.js';
import { l1Entries } from './l1Table.js';
import { countText, exactSizeText, plural } from '../numbers.js';
import { dateText, shortened, troubles } from './words.js';

const FIXED_BYTES = 40;
const KNOWN_EXTRA_DATA = 24;
const NO_INSTRUCTION_COUNT = 2n ** 64n - 1n;

/** The entries of the snapshot table, as far as it can be read. */
export function snapshotEntries(image: MappableImage): Children {
  const snapshots = readableSnapshots(image);
  const line = (snapshot: Snapshot): Branch => snapshotBranch(image, snapshot);
  return {
    total: snapshots.length,
    page: (from, count) => snapshots.slice(from, from + count).map(line),
    find: (key) => {
      const index = indexOf(key, snapshots.length);
      return index === undefined ? undefined : line(snapshots[index]);
    },
    position: (key) => indexOf(key, snapshots.length),
    positionAt: (at) => {
      const index = snapshots.findLastIndex(({ offset }) => offset <= at);
      return index < 0 ? undefined : index;
    },
  };
}

/** QEMU takes none of too many snapshots, nor of a table off the grid; here they are shown. */
function readableSnapshots({ header, snapshotTable, source }: MappableImage): readonly Snapshot[] {
  const count = header.number('nb_snapshots');
  const offset = pointer(header.value('snapshots_offset'));
  if (snapshotTable.snapshots.length > 0 || count === 0 || offset === undefined)
    return snapshotTable.snapshots;
  return readSnapshotTable(source, offset, Math.min(count, MAX_SNAPSHOTS)).snapshots;
}

function snapshotBranch(image: MappableImage, snapshot: Snapshot): Branch {
  const { index, offset, id, name, vmStateSize } = snapshot;
  const problems = image.problems.filter((problem) => problem.offset === offset);
  const says = [`id ${shortened(id)}`, dateText(snapshot.seconds)];
  if (vmStateSize > 0n) says.push(`VM state of ${exactSizeText(vmStateSize)}`);
  return {
    key: String(index),
    label: name === '' ? `${index}` : `${index}: ${shortened(name)}`,
    value: says.join(' · '),
    offset,
    size: entrySize(image, snapshot),
    target: pointer(snapshot.l1Offset),
    trouble: troubles(...problems.map((problem) => problem.message)),
    open: () => fewChildren([...snapshotFields(image, snapshot), l1Branch(image, snapshot)]),
  };
}

/** Bytes of the id and of the name. */
function textSizes({ source }: MappableImage, { offset }: Snapshot): [number, number] {
  const view = viewOf(readBytes(source, offset + 12, 4));
  return [view.getUint16(0), view.getUint16(2)];
}

function entrySize(image: MappableImage, snapshot: Snapshot): number {
  const [idSize, nameSize] = textSizes(image, snapshot);
  return FIXED_BYTES + snapshot.extraDataSize + idSize + nameSize;
}

function snapshotFields(image: MappableImage, snapshot: Snapshot): Branch[] {
  const { source, geometry } = image;
  const { offset, extraDataSize } = snapshot;
  const extra = offset + FIXED_BYTES;
  const texts = extra + extraDataSize;
  const [idSize, nameSize] = textSizes(image, snapshot);
  const field = fieldsAt(source, offset);
  return [
    field('l1_table_offset', 0, 8, (value) => ({
      value: hex(value),
      target: pointer(value),
      trouble:
        value % BigInt(geometry.clusterSize) === 0n ? undefined : 'not on a cluster boundary',
    })),
    field('l1_size', 8, 4, (value) => ({
      value: plural(value, 'entry', 'entries'),
      trouble: value > MAX_L1_BYTES / 8 ? `more than ${countText(MAX_L1_BYTES / 8)}` : undefined,
    })),
    field('id_str_size', 12, 2, exactSizeText),
    field('name_size', 14, 2, exactSizeText),
    field('date_sec', 16, 4, (value) => dateText(Number(value))),
    field('date_nsec', 20, 4, (value) => `${countText(value)} ns`),
    field('vm_clock_nsec', 24, 8, (value) => `${countText(value)} ns`),
    field('vm_state_size', 32, 4, exactSizeText),
    field('extra_data_size', 36, 4, exactSizeText),
    ...(extraDataSize >= 8 ? [field('vm_state_size_large', 40, 8, exactSizeText)] : []),
    ...(extraDataSize >= 16 ? [field('disk_size', 48, 8, exactSizeText)] : []),
    ...(extraDataSize >= KNOWN_EXTRA_DATA
      ? [
          field('icount', 56, 8, (value) =>
            value === NO_INSTRUCTION_COUNT ? 'none' : plural(value, 'instruction'),
          ),
        ]
      : []),
    ...(extraDataSize > KNOWN_EXTRA_DATA
      ? [
          bytesField(
            source,
            'unknown extra data',
            extra + KNOWN_EXTRA_DATA,
            extraDataSize - KNOWN_EXTRA_DATA,
          ),
        ]
      : []),
    textField(source, 'id_str', texts, idSize),
    textField(source, 'name', texts + idSize, nameSize),
  ];
}

function l1Branch(image: MappableImage, { l1Offset, l1Size, diskSize }: Snapshot): Branch {
  const { source, geometry } = image;
  const covered = BigInt(geometry.clusterSize) * BigInt(geometry.l2Entries);
  const diskEntries = Number(((diskSize ?? geometry.virtualSize) + covered - 1n) / covered);
  const offset = pointer(l1Offset);
  const outside = offset === undefined || offset >= geometry.fileSize;
  return {
    key: 'l1',
    label: 'L1 table',
    value: plural(l1Size, 'entry', 'entries'),
    offset,
    size: l1Size * 8,
    trouble: outside && l1Size > 0 ? 'past the end of the file' : undefined,
    open: () =>
      l1Entries(
        image,
        EntryTable.read(source, l1Offset, Math.min(l1Size, MAX_L1_BYTES / 8)),
        diskEntries,
      ),
  };
}
