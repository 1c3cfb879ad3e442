import { diagnose } from '../../core/check/causes/diagnose.js';
import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import { checkImage, type CheckReport, ownedFindings } from './checkReport.js';
import { checkText, noticesText } from './checkText.js';
import { causesText } from './diagnosisText.js';
import { command } from '../frame/command.js';
import { OutputError } from '../frame/output.js';
import { complainLines, jsonArray, printPieces } from '../frame/pieces.js';
import { Printable, t } from '../frame/printable.js';
import { asOurs } from '../frame/qemuMessages.js';
import { MEMORY_OPTION, memoryOf } from '../frame/scanWithin.js';
import { type Subject, withImage } from '../frame/subject.js';
import { finishInLittle } from '../frame/youngSpace.js';

export const check = command({
  name: 'check',
  summary: "the counts and messages of 'qemu-img check'",
  details: [
    'Exit codes: 0 clean, 1 the check failed, 2 corruptions, 3 leaks only, 63 not a qcow2 image.',
  ],
  options: {
    json: { help: 'as a JSON document, with the owners of each cluster in trouble' },
    ...ASSUME_OPTIONS,
    ...MEMORY_OPTION,
  },
  run: (args, context) =>
    withImage('check', args, context, (subject) => {
      const { output } = context;
      const foreign = subject.foreign();
      if (foreign !== undefined) output.complain(t`qcow2-lens: ${foreign}\n`);
      const report = checkImage(subject.bytes, subject.filename, memoryOf(args));
      const { counts } = report;
      const document = args.has('json') ? checkDocument(report, subject) : undefined;
      // A program that reads the JSON document finds the messages in it.
      if (!document) complainLines(output, report.messages, asOurs);
      if (report.unlisted > 0)
        output.complain(t`qcow2-lens: ${report.unlisted} more findings are counted, not listed\n`);
      try {
        if (document) printPieces(output, document);
        else if (counts)
          output.print(
            t`${checkText(counts)}${noticesText(report.scan?.notices.kept ?? [])}${causes(report, subject)}`,
          );
      } catch (error) {
        // What the image is like is known all the same, and so to be told.
        if (error instanceof OutputError && report.exitCode !== 0) {
          output.complain(error.line);
          return report.exitCode;
        }
        throw error;
      }
      return report.exitCode;
    }),
});

/** The causes of what was found, after QEMU's own words. */
const causes = ({ scan }: CheckReport, { filename }: Subject): Printable =>
  scan ? causesText(finishInLittle(diagnose(scan.image, scan, filename))) : t``;

/** The JSON document with all findings, in pieces; undefined when `qemu-img check` prints none. */
function checkDocument(
  { json, scan }: CheckReport,
  subject: Subject,
): Generator<Printable, void, void> | undefined {
  if (!json) return undefined;
  return (function* () {
    yield t`{\n`;
    for (const [key, value] of Object.entries(json))
      yield t` ${Printable.json(key)}: ${Printable.json(value)},\n`;
    yield t` "findings": `;
    yield* jsonArray(scan ? ownedFindings(scan) : []);
    for (const [key, value] of Object.entries(subject.changedJson()))
      yield t`,\n ${Printable.json(key)}: ${Printable.json(value)}`;
    yield t`\n}\n`;
  })();
}
