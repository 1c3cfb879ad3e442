import { hex } from '../../core/bytes.js';
import type { Image } from '../../core/qcow2/image.js';
import type { Snapshot } from '../../core/qcow2/snapshotTable.js';
import { exactSizeText } from '../../core/numbers.js';
import { dateText } from '../../core/tree/words.js';
import { encryptionText } from './encryption.js';
import { FEATURE_FIELDS, featuresOf } from './features.js';
import { fullBackingName } from '../../node/imageNames.js';
import { Printable, t } from '../frame/printable.js';

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
      image.extensions.list,
      (e) => t`${at(e.offset)}  ${e.type}, ${e.length} bytes\n`,
    ),
    ...encryptionText(image),
    ...section('snapshots', image.snapshotTable.snapshots, (s) => snapshotText(image, s)),
    ...section('bitmaps', bitmaps, (b) => {
      const table = `table of ${b.tableSize} entries at ${hex(b.tableOffset)}`;
      const granularity = 2 ** b.granularityBits;
      return t`${at(b.offset)}  '${b.name}', granularity ${granularity}, ${table}${b.inUse ? ', in use' : ''}\n`;
    }),
    ...section('problems', image.problems, ({ message, refusal }) =>
      refusal === undefined ? t`  ${message}\n` : t`  ${message}\n    QEMU refuses: ${refusal}\n`,
    ),
  ]);
}

const at = (offset: number): string => hex(offset).padStart(6);

/** Those of a kind that are listed; a hostile image has hundreds of thousands. */
const LISTED = 1000;

function section<T>(
  title: string,
  values: readonly T[],
  textOf: (value: T) => Printable,
): Printable[] {
  if (values.length === 0) return [];
  const more = values.length - LISTED;
  return [
    t`\n${title}\n`,
    ...values.slice(0, LISTED).map(textOf),
    ...(more > 0 ? [t`  … and ${more} more; info --json lists them all\n`] : []),
  ];
}

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

function snapshotText({ geometry }: Image, s: Snapshot): Printable {
  const disk = s.diskSize ?? geometry?.virtualSize;
  const says = [dateText(s.seconds)];
  if (disk !== undefined) says.push(`disk of ${exactSizeText(disk)}`);
  says.push(s.vmStateSize > 0n ? `VM state of ${exactSizeText(s.vmStateSize)}` : 'no VM state');
  const table = `L1 table of ${s.l1Size} entries at ${hex(s.l1Offset)}`;
  return t`${at(s.offset)}  ${s.id} '${s.name}', ${table}\n        ${says.join(', ')}\n`;
}
