import { hex } from '../core/bytes.js';
import {
  findTables as search,
  type FoundTables,
  type TableCandidate,
} from '../core/lost/findTables.js';
import { plural, sizeText } from '../core/numbers.js';
import { referencesOf } from '../core/map/cell.js';
import { type AssumedHeader, assumedHeaderText } from '../core/qcow2/assumedHeader.js';
import { isMappable, openImage } from '../core/qcow2/image.js';
import { type Shell, shellWord } from '../core/shell.js';
import { finish } from '../core/work.js';
import { command } from './frame/command.js';
import { Printable, t } from './frame/printable.js';
import { MEMORY_OPTION, memoryOf, scanWithin } from './frame/scanWithin.js';
import { RefusalError } from './frame/refusal.js';
import { type Subject, withImage } from './frame/subject.js';

/** Candidates of a kind that a person reads. `--json` has them all. */
const MAX_ROWS = 20;

const WORDS: Readonly<Record<TableCandidate['kind'], string>> = {
  l1: 'L1 table',
  l2: 'L2 table',
  'refcount-table': 'refcount table',
  'snapshot-table': 'snapshot table',
};

export const findTables = command({
  name: 'find-tables',
  summary: 'tables that nothing points to any more, found by their contents',
  details: [
    'Reads the whole file. What is found can be looked at with --assume-header or --assume-l1 of the other',
    'commands; nothing is written. Exit code 0 when there is something to assume, else 1.',
  ],
  options: {
    json: { help: 'as a JSON document' },
    all: { help: 'also what the header names already' },
    ...MEMORY_OPTION,
  },
  run: (args, context) =>
    withImage('find-tables', args, context, (subject) => {
      const image = openImage(subject.bytes);
      const map = isMappable(image) ? scanWithin(image, memoryOf(args)).map : undefined;
      const found = finish(
        search(
          subject.bytes,
          (cluster) =>
            map !== undefined && cluster < map.clusters && referencesOf(map.cell(cluster)) > 0,
        ),
      );
      // Another format, or nothing of an image: that is all there is to say.
      const foreign = subject.foreign();
      if (foreign !== undefined && !found.header) throw new RefusalError(foreign);
      const lost = args.has('all') ? found.candidates : found.candidates.filter((c) => !c.isKnown);
      const report = { ...found, candidates: lost };
      const shell: Shell = process.platform === 'win32' ? 'powershell' : 'bash';
      context.output.print(
        args.has('json') ? json(report, subject, shell) : text(report, subject, shell),
      );
      return lost.some(({ assume }) => assume) ? 0 : 1;
    }),
});

/** The command that looks at the image with an assumption. */
function commandOf(assume: AssumedHeader, { filename }: Subject, shell: Shell): string {
  const { l1, l1Entries, ...others } = assume;
  const isL1 = l1 !== undefined && Object.values(others).every((value) => value === undefined);
  const option = isL1
    ? `--assume-l1 ${hex(l1)}${l1Entries === undefined ? '' : `,${l1Entries * 8}`}`
    : `--assume-header ${assumedHeaderText(assume)}`;
  return `qcow2-lens map ${shellWord(filename, shell)} ${option}`;
}

function json(found: FoundTables, subject: Subject, shell: Shell): Printable {
  const { candidates, header, reasons, hasHeader, isPartial } = found;
  const document = {
    filename: subject.filename,
    'has-header': hasHeader,
    header: hasHeader ? undefined : header && assumedHeaderText(header),
    reasons,
    command: header && !hasHeader ? commandOf(header, subject, shell) : undefined,
    complete: !isPartial,
    candidates: candidates.map(({ assume, isKnown, score, ...each }) => ({
      ...each,
      known: isKnown,
      score: Math.round(score * 1000) / 1000,
      assume: assume && assumedHeaderText(assume),
      command: assume && commandOf(assume, subject, shell),
    })),
    ...subject.changedJson(),
  };
  return t`${Printable.json(document, 1)}\n`;
}

function text(found: FoundTables, subject: Subject, shell: Shell): Printable {
  const { candidates, header, reasons, hasHeader, isPartial } = found;
  const parts: Printable[] = [];
  if (!hasHeader) {
    parts.push(t`The file has no header that says how it is laid out.\n`);
    for (const reason of reasons) parts.push(t`  ${reason}\n`);
    if (header) parts.push(t`As if it had one: ${commandOf(header, subject, shell)}\n`);
  }
  if (candidates.length === 0) parts.push(t`No table was found that nothing points to.\n`);
  for (const kind of ['l1', 'snapshot-table', 'refcount-table', 'l2'] as const) {
    const all = candidates.filter((each) => each.kind === kind);
    if (all.length === 0) continue;
    parts.push(t`\n${plural(all.length, WORDS[kind])}\n`);
    for (const each of all.slice(0, MAX_ROWS)) parts.push(row(each, subject, shell));
    if (all.length > MAX_ROWS)
      parts.push(t`  … and ${all.length - MAX_ROWS} more (--json has them all)\n`);
  }
  if (isPartial) parts.push(t`\nThere are more places than were looked at.\n`);
  return Printable.join(parts);
}

function row(each: TableCandidate, subject: Subject, shell: Shell): Printable {
  const { offset, length, entries, score, reasons, assume } = each;
  return Printable.join([
    t`  ${hex(offset)}  ${sizeText(length)}, ${plural(entries, 'entry', 'entries')}, likely by ${Math.round(score * 100)} %\n`,
    ...reasons.map((reason) => t`    ${reason}\n`),
    ...(assume ? [t`    ${commandOf(assume, subject, shell)}\n`] : []),
  ]);
}
