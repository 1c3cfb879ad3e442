import { sizeText } from '../core/numbers.js';
import { metadataCopy } from '../core/export/metadataCopy.js';
import { command } from './frame/command.js';
import { NewFile } from './frame/output.js';
import { jsonDocument, printPieces } from './frame/pieces.js';
import { t } from './frame/printable.js';
import { RefusalError } from './frame/refusal.js';
import { MEMORY_OPTION, memoryOf, scanWithin } from './frame/scanWithin.js';
import { withImage } from './frame/subject.js';

export const exportMetadata = command({
  name: 'export-metadata',
  operands: 'IMAGE OUT',
  summary: "a copy of the image's metadata without the guest's data, for a bug report",
  details: [
    'OUT is a new file, never one that is there. Guest data, VM state, leaked clusters and key material are holes in',
    'it; qemu-img opens and checks it as the image. In a damaged image, what a table points to is taken for a table.',
  ],
  options: {
    json: { help: 'what was written as a JSON document' },
    'hide-names': {
      help: 'replace names of snapshots, bitmaps and other files by others of their length',
    },
    ...MEMORY_OPTION,
  },
  run: (args, context) => {
    const [image, out, ...rest] = args.operands;
    if (image === undefined || out === undefined || rest.length > 0)
      throw new RefusalError(
        `export-metadata takes an image and a new file, found ${args.operands.length}`,
      );
    return withImage('export-metadata', args.ofOperands([image]), context, (subject) => {
      const foreign = subject.foreign();
      if (foreign !== undefined) throw new RefusalError(foreign);
      const scan = scanWithin(subject.mappable(), memoryOf(args));
      const file = new NewFile(out);
      let written = 0;
      try {
        for (const { offset, bytes } of metadataCopy(scan, args.has('hide-names'))) {
          file.write(bytes, offset);
          written += bytes.length;
        }
        file.setLength(subject.source.size);
      } finally {
        file.close();
      }
      const length = subject.source.size;
      if (args.has('json'))
        printPieces(
          context.output,
          jsonDocument({ out, bytes: written, length, ...subject.changedJson() }),
        );
      else
        context.output.print(
          t`${out}: ${sizeText(written)} of metadata, and holes to ${sizeText(length)}\n`,
        );
      return 0;
    });
  },
});
