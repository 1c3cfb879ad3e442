import { checkImage, ownedFindings } from './checkReport.js';
import { checkText, noticesText } from './checkText.js';
import { command } from './command.js';
import { OutputFailed } from './output.js';
import { linesOf, Printable, t } from './printable.js';
import { asOurs } from './qemuMessages.js';
import { withImage } from './subject.js';

export const check = command({
  name: 'check',
  summary: "the counts and messages of 'qemu-img check'",
  details: [
    'Exit codes: 0 clean, 1 the check failed, 2 corruptions, 3 leaks only, 63 not a qcow2 image.',
  ],
  options: { json: { help: 'as a JSON document, with every owner of a cluster in trouble' } },
  run: (args, context) =>
    withImage('check', args, context, (subject) => {
      const { output } = context;
      const foreign = subject.foreign();
      if (foreign !== undefined) output.complain(t`qcow2-lens: ${foreign}\n`);
      const report = checkImage(subject.source, subject.filename);
      const { counts } = report;
      const isJson = args.has('json') && report.json !== undefined;
      const findings = isJson ? ownedFindings(report) : undefined;
      // A program that reads the JSON document finds the messages in it.
      if (!findings) output.complain(linesOf(report.messages.map(asOurs)));
      if (report.unlisted > 0)
        output.complain(t`qcow2-lens: ${report.unlisted} more findings are counted, not listed\n`);
      try {
        if (findings) {
          const document = { ...report.json, ...subject.changedJson(), findings };
          output.print(t`${Printable.json(document, 1)}\n`);
        } else if (counts)
          output.print(t`${checkText(counts)}${noticesText(report.scan?.notices.kept ?? [])}`);
      } catch (error) {
        // What the image is like is known all the same, and so to be told.
        if (error instanceof OutputFailed && report.exitCode !== 0) {
          output.complain(error.line);
          return report.exitCode;
        }
        throw error;
      }
      return report.exitCode;
    }),
});
