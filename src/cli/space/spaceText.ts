import { shareText, sizeText } from '../../core/numbers.js';
import { dangerText, repairDanger } from '../../core/check/repairDanger.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import { type Shell, shellWord } from '../../core/shell.js';
import { type BillPart, leakedBytes, type SpaceBill } from '../../core/space/bill.js';
import type { Conversion } from '../../core/space/conversion.js';
import { PART_TEXT } from '../../core/space/parts.js';
import { type Printable, t } from '../frame/printable.js';

/** All that there is to say of an image's space. */
export interface BillReport {
  readonly filename: string;
  readonly image: MappableImage;
  readonly bill: SpaceBill;
  /** Bytes of disk that the file takes. */
  readonly allocatedBytes: number;
  /** Bytes of the disk that are compressed in this file. */
  readonly compressed: number;
  readonly convert: Conversion;
  /** What deleting the snapshots of these names gives free together. */
  readonly deletion: { readonly names: readonly string[]; readonly freedBytes: number } | undefined;
}

const cell = (bytes: number): string => sizeText(bytes).padStart(11);

/** The bill for people. */
export function* spaceText(report: BillReport, shell: Shell): Generator<Printable, void, void> {
  const { bill, image, allocatedBytes } = report;
  const disk = Number(image.geometry.virtualSize);
  yield t`${sizeText(bill.fileBytes)} of file for a disk of ${sizeText(disk)}; ${sizeText(allocatedBytes)} of it take room on this machine.\n\n`;
  for (const part of bill.parts) yield partLine(part, bill.fileBytes);
  yield t`${cell(bill.fileBytes)}         in all\n`;
  if (report.compressed > 0)
    yield t`\nCompressed in the file: ${sizeText(report.compressed)} of the disk.\n`;
  if (bill.snapshots.length > 0) {
    yield t`\nSnapshots: what deleting one frees\n`;
    for (const { snapshot, freedBytes, exclusiveBytes } of bill.snapshots)
      yield t`${cell(freedBytes)}  '${snapshot.name}' (id ${snapshot.id}), it alone needs ${sizeText(exclusiveBytes)}\n`;
    if (bill.snapshots.length > 1)
      yield t`${cell(bill.freedBy(bill.snapshots.map(({ snapshot }) => snapshot.index)))}  all of them\n`;
  }
  const { rooms } = bill.bitmaps;
  if (rooms.length > 0) {
    yield t`\nBitmaps: what removing one frees\n`;
    for (const { name, freedBytes } of rooms) yield t`${cell(freedBytes)}  '${name}'\n`;
  }
  yield* deletionText(report, shell);
  yield* leaksText(report);
  yield* convertText(report);
  yield t`\nThe file grows to ${sizeText(bill.fullyWritten)} at most as the guest writes its whole disk.\n`;
}

function partLine({ kind, bytes, clusters }: BillPart, fileBytes: number): Printable {
  const share = shareText(bytes, fileBytes).padStart(7);
  return t`${cell(bytes)} ${share} ${PART_TEXT[kind]} (${clusters === 1 ? '1 cluster' : `${clusters} clusters`})\n`;
}

function* deletionText(
  { deletion, bill, filename }: BillReport,
  shell: Shell,
): Generator<Printable, void, void> {
  if (!deletion) return;
  yield t`\nDeleting ${deletion.names.map((name) => `'${name}'`).join(', ')} frees ${sizeText(deletion.freedBytes)} (net, with the new snapshot table). With no VM on the image:\n`;
  for (const name of deletion.names)
    yield t`  qemu-img snapshot -d ${shellWord(name, shell)} ${shellWord(filename, shell)}\n`;
  for (const name of new Set(deletion.names))
    if (bill.snapshots.filter(({ snapshot }) => snapshot.name === name).length > 1)
      yield t`  Several snapshots are named '${name}': qemu-img takes the first, whatever you meant.\n`;
}

function* leaksText({ bill, image }: BillReport): Generator<Printable, void, void> {
  const leaked = leakedBytes(bill);
  if (leaked === 0) return;
  const danger = repairDanger(image);
  yield t`\nDropping the leaks (qemu-img check -r leaks) frees ${sizeText(leaked)}.\n`;
  if (danger) yield t`Do not: ${dangerText(danger)}.\n`;
}

function* convertText({ convert, image }: BillReport): Generator<Printable, void, void> {
  const { required, fullyAllocated, bitmaps } = convert;
  yield t`\nA new file (qemu-img convert -O qcow2), without snapshots\n`;
  if (required !== undefined) yield t`${cell(required)}  at most, as it is filled now\n`;
  else if (image.backingFile !== undefined)
    yield t`             as it is filled now: not known, --backing reads the backing chain\n`;
  yield t`${cell(fullyAllocated)}  when the whole disk is written\n`;
  if (bitmaps !== undefined && bitmaps > 0) yield t`${cell(bitmaps)}  more for bitmaps\n`;
}
