import { existsSync } from 'node:fs';
import { asOfSnapshot } from '../../core/compare/diskState.js';
import { type Comparison, comparison } from '../../core/compare/comparison.js';
import { comparisonLines } from '../../core/compare/comparisonText.js';
import { isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import type { Snapshot } from '../../core/qcow2/snapshotTable.js';
import type { FileSource, OpenFile } from '../../node/fileSource.js';
import { command } from '../frame/command.js';
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
      const isOneFile = sides[0].subject.source.isSameFile(sides[1].subject.source);
      const report = comparison(...sides, isOneFile);
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

function* comparisonText(
  report: Comparison,
  [a, b]: readonly [Side, Side],
): Generator<Printable, void, void> {
  for (const line of comparisonLines(report, nameOf(a), nameOf(b))) yield t`${line}\n`;
}

const nameOf = ({ subject, snapshot }: Side): string =>
  snapshot ? `snapshot '${snapshot.name}' of ${subject.filename}` : subject.filename;
