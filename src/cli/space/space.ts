import { type BillPart, type SpaceBill, spaceBill } from '../../core/space/bill.js';
import { bitmapsInNewImage } from '../../core/space/bitmapRoom.js';
import { DataClusters, fullSize, requiredSize, USUAL_IMAGE } from '../../core/space/newImage.js';
import type { MappableImage } from '../../core/qcow2/image.js';
import type { Shell } from '../../core/shell.js';
import { finish } from '../../core/work.js';
import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import { command, type OpenFile } from '../frame/command.js';
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
      const report: BillReport = {
        filename: subject.filename,
        image,
        bill,
        allocatedBytes: subject.source.allocatedBytes,
        convert: newImageOf(subject, image, args.has('backing') ? context.open : undefined),
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

/** What `qemu-img measure` says; `required` is undefined where that hangs on files that are not read. */
function newImageOf(
  subject: Subject,
  image: MappableImage,
  open: OpenFile | undefined,
): BillReport['convert'] {
  const diskSize = Number(image.geometry.virtualSize);
  const bitmaps = bitmapsInNewImage(image, USUAL_IMAGE);
  const fullyAllocated = fullSize(diskSize, USUAL_IMAGE);
  if (image.backingFile !== undefined && open === undefined)
    return { fullyAllocated, bitmaps, required: undefined };
  const entries = mapImage(subject.bytes, subject.filename, open);
  const data = new DataClusters(USUAL_IMAGE.clusterSize);
  for (;;) {
    const { done, value } = entries.next();
    if (!done) {
      if (value.data) data.add(value.start, value.length);
      continue;
    }
    if (value.hasChanged) subject.markChanged();
    const required =
      value.exitCode === 0 ? requiredSize(diskSize, data.bytes, USUAL_IMAGE) : undefined;
    return { fullyAllocated, bitmaps, required };
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

function spaceJson({ bill, image, allocatedBytes, convert, deletion }: BillReport): object {
  const part = (kind: BillPart['kind']) => {
    const found = bill.parts.find((one) => one.kind === kind);
    return { clusters: found?.clusters ?? 0, bytes: found?.bytes ?? 0 };
  };
  return {
    file: { bytes: bill.fileBytes, allocatedBytes, endOffset: bill.endOffset },
    parts: bill.parts,
    snapshots: bill.snapshots.map(({ snapshot, exclusiveBytes, freedBytes }) => ({
      name: snapshot.name,
      id: snapshot.id,
      exclusiveBytes,
      freedBytes,
      vmStateBytes: Number(snapshot.vmStateSize),
      date: snapshot.seconds,
    })),
    bitmaps: bill.bitmaps,
    leaks: part('leaked'),
    free: part('free'),
    tail: part('tail'),
    convert: { ...convert, required: convert.required ?? null, bitmaps: convert.bitmaps ?? null },
    delete: deletion && { freedBytes: deletion.freedBytes },
    clusterSize: image.geometry.clusterSize,
  };
}
