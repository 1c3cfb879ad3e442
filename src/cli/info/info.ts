import { openImage } from '../../core/qcow2/image.js';
import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import { command } from '../frame/command.js';
import { foreignJson, infoJson } from './infoReport.js';
import { infoText } from './infoText.js';
import { jsonDocument, printPieces } from '../frame/pieces.js';
import { t } from '../frame/printable.js';
import { withImage } from '../frame/subject.js';

export const info = command({
  name: 'info',
  summary: 'header fields, extensions, snapshots, bitmaps, LUKS header, with byte offsets',
  details: ['Exit code 1 when QEMU refuses the image; what can be shown of it is shown.'],
  options: {
    json: { help: "the document of 'qemu-img info --output=json', and more" },
    ...ASSUME_OPTIONS,
  },
  run: (args, context) =>
    withImage('info', args, context, (subject) => {
      const { output } = context;
      const { bytes: source, filename } = subject;
      const image = openImage(source);
      const refusal = subject.foreign() ?? refusalLine(filename, image.refusal.open);
      if (refusal !== undefined) output.complain(t`qcow2-lens: ${refusal}\n`);
      if (args.has('json')) {
        const document = (image.foreign ? foreignJson : infoJson)(image, filename);
        printPieces(output, jsonDocument({ ...document, ...subject.changedJson() }));
      } else if (!image.foreign) output.print(infoText(image, filename));
      return refusal === undefined ? 0 : 1;
    }),
});

const refusalLine = (filename: string, refusal: string | undefined): string | undefined =>
  refusal === undefined ? undefined : `Could not open '${filename}': ${refusal}`;
