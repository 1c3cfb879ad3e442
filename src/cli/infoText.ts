import { hex } from '../core/bytes.js';
import type { Image } from '../core/qcow2/image.js';
import type { Snapshot } from '../core/qcow2/snapshotTable.js';
import { dateText, sizeText } from '../core/tree/words.js';
import { encryptionText } from './encryption.js';
import { FEATURE_FIELDS, featuresOf } from './features.js';
import { fullBackingName } from './imageNames.js';
import { Printable, t } from './printable.js';

/** Everything the header and its top-level tables say, as a short text for people. */
export function infoText(image: Image, filename: string): Printable {
  const bitmaps = image.bitmaps?.bitmaps ?? [];
  return Printable.join([
    ...refusalText(image),
    t`${filename}: ${image.source.size} bytes\n\n`,
    ...headerText(image),
    ...namesText(image, filename),
    ...section(
      'extensions',
      image.extensions.list.map((e) => t`${at(e.offset)}  ${e.type}, ${e.length} bytes\n`),
    ),
    ...encryptionText(image),
    ...section(
      'snapshots',
      image.snapshotTable.snapshots.flatMap((s) => snapshotText(image, s)),
    ),
    ...section(
      'bitmaps',
      bitmaps.map((b) => {
        const table = `table of ${b.tableSize} entries at ${hex(b.tableOffset)}`;
        const granularity = 2 ** b.granularityBits;
        return t`${at(b.offset)}  '${b.name}', granularity ${granularity}, ${table}${b.inUse ? ', in use' : ''}\n`;
      }),
    ),
    ...section(
      'problems',
      image.problems.flatMap(({ message, refusal }) => [
        t`  ${message}\n`,
        ...(refusal === undefined ? [] : [t`    QEMU refuses: ${refusal}\n`]),
      ]),
    ),
  ]);
}

const at = (offset: number): string => hex(offset).padStart(6);

const section = (title: string, lines: readonly Printable[]): Printable[] =>
  lines.length === 0 ? [] : [t`\n${title}\n`, ...lines];

const refusalText = ({ refusal }: Image): Printable[] =>
  refusal.open === undefined ? [] : [t`QEMU refuses this image: ${refusal.open}\n\n`];

function headerText(image: Image): Printable[] {
  const fields = image.header.fields.map(({ name, offset, size, value }) => {
    const isPlain = size <= 1 || name === 'version';
    return t`${at(offset)}  ${name.padEnd(24)} ${isPlain ? value : `${value} (${hex(value)})`}\n`;
  });
  const features = FEATURE_FIELDS.flatMap(([kind, field]) => {
    const names = featuresOf(image, kind, field);
    return names.length > 0 ? [t`        ${kind}: ${names.join(', ')}\n`] : [];
  });
  return [...fields, ...features];
}

function namesText({ backingFile, dataFile }: Image, filename: string): Printable[] {
  const lines: Printable[] = [];
  if (backingFile !== undefined) {
    const full = fullBackingName(filename, backingFile);
    lines.push(t`\nbacking file: ${backingFile}${full === backingFile ? '' : ` (${full})`}\n`);
  }
  if (dataFile !== undefined) lines.push(t`\ndata file: ${dataFile}\n`);
  return lines;
}

function snapshotText({ geometry }: Image, s: Snapshot): Printable[] {
  const disk = s.diskSize ?? geometry?.virtualSize;
  const says = [dateText(s.seconds)];
  if (disk !== undefined) says.push(`disk of ${sizeText(disk)}`);
  says.push(s.vmStateSize > 0n ? `VM state of ${sizeText(s.vmStateSize)}` : 'no VM state');
  return [
    t`${at(s.offset)}  ${s.id} '${s.name}', L1 table of ${s.l1Size} entries at ${hex(s.l1Offset)}\n`,
    t`        ${says.join(', ')}\n`,
  ];
}
