import { command } from './command.js';
import { mapImage } from './mapReport.js';
import { mapJson, mapText } from './mapText.js';
import { linesOf, Printable } from './printable.js';
import { asOurs } from './qemuMessages.js';
import { Refused } from './refused.js';
import { withImage } from './subject.js';

/** Pieces that are printed at once: a map may have millions of short lines. */
const PRINTED_AT_ONCE = 1000;

export const map = command({
  name: 'map',
  summary: "where every part of the guest disk lies, as 'qemu-img map'",
  options: {
    json: { help: "the array of 'qemu-img map --output=json' of QEMU 8.2 and later" },
    backing: { help: 'follow the backing chain' },
  },
  run: (args, context) =>
    withImage('map', args, context, (subject) => {
      const { output } = context;
      const foreign = subject.foreign();
      if (foreign !== undefined) throw new Refused(foreign);
      const entries = mapImage(
        subject.source,
        subject.filename,
        args.has('backing') ? context.open : undefined,
      );
      const pieces = args.has('json') ? mapJson(entries) : mapText(entries);
      let gathered: Printable[] = [];
      for (;;) {
        const { done, value } = pieces.next();
        if (done || gathered.length >= PRINTED_AT_ONCE) {
          output.print(Printable.join(gathered));
          gathered = [];
        }
        if (done) {
          output.complain(linesOf(value.messages.map(asOurs)));
          if (value.hasChanged) subject.markChanged();
          return value.exitCode;
        }
        gathered.push(value);
      }
    }),
});
