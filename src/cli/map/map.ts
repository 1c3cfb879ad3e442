import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import { command } from '../frame/command.js';
import { mapImage } from './mapReport.js';
import { mapJson, mapText } from './mapText.js';
import { printPieces } from '../frame/pieces.js';
import { linesOf } from '../frame/printable.js';
import { asOurs } from '../frame/qemuMessages.js';
import { RefusalError } from '../frame/refusal.js';
import { withImage } from '../frame/subject.js';

export const map = command({
  name: 'map',
  summary: "where every part of the guest disk lies, as 'qemu-img map'",
  options: {
    json: { help: "the array of 'qemu-img map --output=json' of QEMU 8.2 and later" },
    backing: { help: 'follow the backing chain' },
    ...ASSUME_OPTIONS,
  },
  run: (args, context) =>
    withImage('map', args, context, (subject) => {
      const { output } = context;
      const foreign = subject.foreign();
      if (foreign !== undefined) throw new RefusalError(foreign);
      const entries = mapImage(
        subject.bytes,
        subject.filename,
        args.has('backing') ? context.open : undefined,
      );
      const pieces = args.has('json') ? mapJson(entries) : mapText(entries);
      const { messages, exitCode, hasChanged } = printPieces(output, pieces);
      output.complain(linesOf(messages.map(asOurs)));
      if (hasChanged) subject.markChanged();
      return exitCode;
    }),
});
