import { existsSync } from 'node:fs';
import { sizeText } from '../../core/numbers.js';
import { asOfSnapshot } from '../../core/compare/diskState.js';
import { guestDifference } from '../../core/compare/guestDifference.js';
import { type ClusterRun, hostDifference } from '../../core/compare/hostDifference.js';
import type { Range } from '../../core/compare/ranges.js';
import { isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import type { Snapshot } from '../../core/qcow2/snapshotTable.js';
import { finish } from '../../core/work.js';
import type { FileSource } from '../../node/fileSource.js';
import { command, type OpenFile } from '../frame/command.js';
import { jsonDocument, printPieces } from '../frame/pieces.js';
import { type Printable, t } from '../frame/printable.js';
import { RefusalError } from '../frame/refusal.js';
import { sayChanged, Subject } from '../frame/subject.js';

/** One side of a comparison. */
interface Side {
  readonly subject: Subject;
  readonly image: MappableImage;
  /** The image as its snapshot has it, or as it is. */
  readonly disk: MappableImage;
  readonly snapshot: Snapshot | undefined;
}

export const compare = command({
  name: 'compare',
  operands: 'A B',
  summary: 'what is different between two images, or between states of one',
  details: [
    'IMAGE#SNAPSHOT names the disk of a snapshot. Compared is where things lie: what the guest wrote in place',
    'changes no map, and is not seen.',
  ],
  options: { json: { help: 'as a JSON document' } },
  run: (args, context) => {
    const [a, b, ...rest] = args.operands;
    if (a === undefined || b === undefined || rest.length > 0)
      throw new RefusalError(`compare takes two images, found ${args.operands.length}`);
    const opened: FileSource[] = [];
    const open: OpenFile = (path) => {
      const source = context.open(path);
      opened.push(source);
      return source;
    };
    try {
      const sides = [sideOf(a, open), sideOf(b, open)] as const;
      const report = comparison(...sides);
      const changed = sides.find(({ subject }) => subject.hasChanged());
      const json = changed ? changed.subject.changedJson() : {};
      const pieces = args.has('json')
        ? jsonDocument({ ...report, ...json })
        : comparisonText(report, sides);
      printPieces(context.output, pieces);
      return changed ? sayChanged(changed.subject, context.output) : 0;
    } finally {
      for (const source of opened) source.close();
    }
  },
});

/** What `IMAGE` or `IMAGE#SNAPSHOT` names. Throws RefusalError. */
function sideOf(word: string, open: OpenFile): Side {
  const at = word.lastIndexOf('#');
  // A file may have such a name.
  const isWhole = at < 0 || existsSync(word);
  const filename = isWhole ? word : word.slice(0, at);
  const subject = new Subject(filename, open(filename));
  const image = openImage(subject.source);
  if (!isMappable(image)) throw new RefusalError(subject.refusalOf(image));
  if (isWhole) return { subject, image, disk: image, snapshot: undefined };
  const name = word.slice(at + 1);
  const { snapshots } = image.snapshotTable;
  const snapshot =
    snapshots.find((one) => one.name === name) ?? snapshots.find((one) => one.id === name);
  if (!snapshot) {
    const known = snapshots.map((one) => `'${one.name}'`).join(', ');
    throw new RefusalError(
      `'${filename}' has no snapshot '${name}', there are: ${known || 'none'}`,
    );
  }
  return { subject, image, disk: asOfSnapshot(image, snapshot), snapshot };
}

interface Comparison {
  readonly guest: readonly Range[];
  readonly host: {
    readonly appeared: readonly ClusterRun[];
    readonly vanished: readonly ClusterRun[];
    readonly changed: readonly ClusterRun[];
  };
  readonly snapshots: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** What a reader should know of it. */
  readonly notes: readonly string[];
}

function comparison(a: Side, b: Side): Comparison {
  const isOneFile = a.subject.source.isSameFile(b.subject.source);
  const isAlike = a.image.geometry.clusterSize === b.image.geometry.clusterSize;
  const notes = ['what was written in place lies where it lay, and is not seen here'];
  if (!isAlike) notes.push('clusters of two sizes: the files are not compared, the disks are');
  return {
    guest: [...guestDifference(a.disk, b.disk, isOneFile)],
    host:
      isAlike && !isOneFile
        ? finish(hostDifference(a.image, b.image))
        : { appeared: [], vanished: [], changed: [] },
    snapshots: {
      added: namesOnlyIn(b.image, a.image),
      removed: namesOnlyIn(a.image, b.image),
    },
    notes,
  };
}

/** Names of the snapshots that the other image does not have: those of one name are told apart by ID and date. */
function namesOnlyIn({ snapshotTable }: MappableImage, other: MappableImage): string[] {
  const key = ({ id, name, seconds, nanoseconds }: Snapshot): string =>
    JSON.stringify([id, name, seconds, nanoseconds]);
  const known = new Set(other.snapshotTable.snapshots.map(key));
  return snapshotTable.snapshots.filter((one) => !known.has(key(one))).map(({ name }) => name);
}

/** Ranges that are printed; the JSON document has all. */
const MAX_LINES = 50;

function* comparisonText(
  { guest, host, snapshots, notes }: Comparison,
  [a, b]: readonly [Side, Side],
): Generator<Printable, void, void> {
  const name = ({ subject, snapshot }: Side): string =>
    snapshot ? `snapshot '${snapshot.name}' of ${subject.filename}` : subject.filename;
  const bytes = guest.reduce((sum, { length }) => sum + length, 0);
  yield t`From ${name(a)} to ${name(b)}:\n`;
  yield t`\n${guest.length === 0 ? 'The disks lie alike' : `${sizeText(bytes)} of the disk lie elsewhere or in another form`}\n`;
  for (const { start, length } of guest.slice(0, MAX_LINES))
    yield t`  0x${start.toString(16).padStart(12, '0')}  ${sizeText(length)}\n`;
  if (guest.length > MAX_LINES) yield t`  and ${guest.length - MAX_LINES} ranges more\n`;
  for (const [what, runs] of [
    ['came into use', host.appeared],
    ['are in use no more', host.vanished],
    ['have another refcount', host.changed],
  ] as const) {
    const clusters = runs.reduce((sum, run) => sum + run.clusters, 0);
    if (clusters > 0) yield t`\n${clusters} clusters of the file ${what}\n`;
    for (const run of runs.slice(0, MAX_LINES))
      yield t`  0x${run.offset.toString(16).padStart(12, '0')}  ${run.clusters}\n`;
    if (runs.length > MAX_LINES) yield t`  and ${runs.length - MAX_LINES} runs more\n`;
  }
  for (const added of snapshots.added) yield t`\nSnapshot '${added}' is new\n`;
  for (const removed of snapshots.removed) yield t`\nSnapshot '${removed}' is gone\n`;
  for (const note of notes) yield t`\nNote: ${note}.\n`;
}
