import { type BillPart, type SpaceBill, spaceBill } from '../../core/space/bill.js';
import { conversion } from '../../core/space/conversion.js';
import { diskContents, type DiskContents, DiskSum } from '../../core/space/diskContents.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import type { Shell } from '../../core/shell.js';
import { finish } from '../../core/work.js';
import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import type { OpenFile } from '../../node/fileSource.js';
import { command } from '../frame/command.js';
import { mapImage } from '../map/mapReport.js';
import { jsonDocument, printPieces } from '../frame/pieces.js';
import { RefusalError } from '../frame/refusal.js';
import { MEMORY_OPTION, memoryOf, scanWithin } from '../frame/scanWithin.js';
import { type BillReport, spaceText } from './spaceText.js';
import { type Subject, withImage } from '../frame/subject.js';

export const space = command({
  name: 'space',
  summary: 'where the bytes of the file go, and what would give some back',
  details: [
    'The parts add up to the file. What a snapshot frees is net of the new snapshot table; several together',
    "may free more than their sum. 'convert' is what qemu-img measure says of a new file.",
  ],
  options: {
    json: { help: 'as a JSON document' },
    'delete-snapshot': {
      value: 'NAME',
      help: 'what deleting it would free; may be given several times',
    },
    backing: { help: 'follow the backing chain, to say what a new file would need' },
    ...ASSUME_OPTIONS,
    ...MEMORY_OPTION,
  },
  run: (args, context) =>
    withImage('space', args, context, (subject) => {
      const foreign = subject.foreign();
      if (foreign !== undefined) throw new RefusalError(foreign);
      const image = subject.mappable();
      const names = args.all('delete-snapshot');
      const bill = finish(spaceBill(scanWithin(image, memoryOf(args))));
      const own = finish(diskContents(image));
      const whole =
        image.backingFile === undefined
          ? own
          : args.has('backing')
            ? contentsBelow(subject, context.open)
            : undefined;
      const report: BillReport = {
        filename: subject.filename,
        image,
        bill,
        allocatedBytes: subject.source.allocatedBytes,
        compressed: own?.compressed ?? 0,
        convert: conversion(image, whole),
        deletion: names.length > 0 ? deletionOf(image, bill, names) : undefined,
      };
      const shell: Shell = process.platform === 'win32' ? 'powershell' : 'bash';
      const pieces = args.has('json')
        ? jsonDocument({ ...spaceJson(report), ...subject.changedJson() })
        : spaceText(report, shell);
      printPieces(context.output, pieces);
      return 0;
    }),
});

/** What the disk holds, through the files below; undefined where that is not to be known. */
function contentsBelow(subject: Subject, open: OpenFile): DiskContents | undefined {
  const entries = mapImage(subject.bytes, subject.filename, open);
  const sum = new DiskSum();
  for (;;) {
    const { done, value } = entries.next();
    if (!done) {
      if (value.data) sum.add(value.start, value.length, value.compressed);
      continue;
    }
    if (value.hasChanged) subject.markChanged();
    return value.exitCode === 0 ? sum.contents : undefined;
  }
}

/**
 * The snapshots of those names, as `qemu-img snapshot -d` takes them one after the other: of several
 * with one name the first goes. Throws RefusalError.
 */
function deletionOf(
  image: MappableImage,
  bill: SpaceBill,
  names: readonly string[],
): BillReport['deletion'] {
  if (image.geometry.externalData)
    throw new RefusalError('QEMU deletes no snapshots of an image with an external data file');
  const gone = new Set<number>();
  for (const name of names) {
    const found = bill.snapshots.find(
      ({ snapshot }) => snapshot.name === name && !gone.has(snapshot.index),
    );
    if (!found) {
      const known = [...new Set(bill.snapshots.map(({ snapshot }) => `'${snapshot.name}'`))];
      throw new RefusalError(
        `there is no snapshot named '${name}', there are: ${known.join(', ') || 'none'}`,
      );
    }
    gone.add(found.snapshot.index);
  }
  return { names, freedBytes: bill.freedBy([...gone]) };
}

function spaceJson({
  bill,
  image,
  allocatedBytes,
  compressed,
  convert,
  deletion,
}: BillReport): object {
  const part = (kind: BillPart['kind']) => {
    const found = bill.parts.find((one) => one.kind === kind);
    return { clusters: found?.clusters ?? 0, bytes: found?.bytes ?? 0 };
  };
  return {
    file: {
      bytes: bill.fileBytes,
      allocatedBytes,
      endOffset: bill.endOffset,
      fullyWritten: bill.fullyWritten,
    },
    parts: bill.parts,
    snapshots: bill.snapshots.map(({ snapshot, exclusiveBytes, freedBytes }) => ({
      name: snapshot.name,
      id: snapshot.id,
      exclusiveBytes,
      freedBytes,
      vmStateBytes: Number(snapshot.vmStateSize),
      date: snapshot.seconds,
    })),
    bitmaps: bill.bitmaps.rooms,
    leaks: part('leaked'),
    free: part('free'),
    tail: part('tail'),
    compressedDiskBytes: compressed,
    convert: { ...convert, required: convert.required ?? null, bitmaps: convert.bitmaps ?? null },
    delete: deletion && { freedBytes: deletion.freedBytes },
    clusterSize: image.geometry.clusterSize,
  };
}
