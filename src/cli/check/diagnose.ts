import type { Cause, Diagnosis, Step } from '../../core/check/causes/cause.js';
import {
  DAMAGE_FORMATS,
  DAMAGE_RANGES,
  damageDocument,
  type DamageFormat,
  ddrescueLines,
  TOO_MANY_RANGES,
} from '../../core/check/causes/damageReport.js';
import { diagnose as diagnoseImage } from '../../core/check/causes/diagnose.js';
import { stepCommand } from '../../core/check/causes/stepCommand.js';
import { isMappable, type MappableImage, openImage } from '../../core/qcow2/image.js';
import type { Shell } from '../../core/shell.js';
import { ASSUME_OPTIONS } from '../frame/assumeHeader.js';
import { checkImage } from './checkReport.js';
import { command } from '../frame/command.js';
import { diagnosisText } from './diagnosisText.js';
import { finish } from '../../core/work.js';
import { jsonArray, printPieces } from '../frame/pieces.js';
import { Printable, t } from '../frame/printable.js';
import { MEMORY_OPTION, memoryOf, scanWithin } from '../frame/scanWithin.js';
import { RefusalError } from '../frame/refusal.js';
import { withImage } from '../frame/subject.js';

export const diagnose = command({
  name: 'diagnose',
  summary: 'what is wrong, how bad it is, where, and what to do',
  details: [
    "Exit codes as those of 'check'. Nothing is written; the commands that it names are for you to run.",
  ],
  options: {
    json: { help: 'the causes as a JSON array, worst first' },
    damage: {
      value: 'json|ddrescue',
      help: "ranges of the guest's disk and of snapshots that are lost, shared or in doubt",
    },
    ...ASSUME_OPTIONS,
    ...MEMORY_OPTION,
  },
  run: (args, context) =>
    withImage('diagnose', args, context, (subject) => {
      const { bytes: source, filename } = subject;
      const foreign = subject.foreign();
      if (foreign !== undefined) context.output.complain(t`qcow2-lens: ${foreign}\n`);
      const memory = memoryOf(args);
      const report = checkImage(source, filename, memory);
      const image = report.scan?.image ?? openImage(source);
      const scan = report.scan ?? (isMappable(image) ? scanWithin(image, memory) : undefined);
      const damage = damageOf(args.get('damage'));
      const ranges = damage && DAMAGE_RANGES;
      const diagnosis = finish(diagnoseImage(image, scan, filename, ranges));
      if (damage) {
        if (!isMappable(image)) throw new RefusalError('the header does not say where the disk is');
        if (damage === 'json')
          context.output.print(t`${Printable.json(damageDocument(image, diagnosis), 1)}\n`);
        else printPieces(context.output, ddrescueMap(image, diagnosis));
        return report.exitCode;
      }
      const shell: Shell = process.platform === 'win32' ? 'powershell' : 'bash';
      printPieces(
        context.output,
        args.has('json')
          ? causesJson(diagnosis, filename, shell)
          : diagnosisText(diagnosis, filename, shell),
      );
      return report.exitCode;
    }),
});

function* ddrescueMap(
  image: MappableImage,
  diagnosis: Diagnosis,
): Generator<Printable, void, void> {
  const lines = ddrescueLines(image, diagnosis);
  if (!lines) throw new RefusalError(TOO_MANY_RANGES);
  for (const line of lines) yield t`${line}\n`;
}

function damageOf(word: string | undefined): DamageFormat | undefined {
  const format = DAMAGE_FORMATS.find((known) => known === word);
  if (word === undefined || format) return format;
  throw new RefusalError(`--damage is 'json' or 'ddrescue', found '${word}'`);
}

function* causesJson(
  { causes }: Diagnosis,
  filename: string,
  shell: Shell,
): Generator<Printable, void, void> {
  yield* jsonArray(causes.map((cause) => causeJson(cause, filename, shell)));
  yield t`\n`;
}

function causeJson(cause: Cause, filename: string, shell: Shell): Record<string, unknown> {
  const { id, severity, title, explanation, doNext, doNot, host, danger, findings } = cause;
  const steps = (list: readonly Step[]) =>
    list.map((step) => ({ text: step.text, command: stepCommand(step, filename, shell) }));
  return {
    cause: id,
    severity,
    title,
    explanation,
    advice: [...doNext.map(({ text }) => text), ...doNot.map(({ text }) => `Do not: ${text}`)],
    host,
    guest: danger.guest.map(({ start, length, snapshot }) => ({ start, length, snapshot })),
    findings,
    danger: {
      text: danger.text,
      bytes: danger.bytes,
      ranges: danger.ranges,
      snapshots: danger.snapshots,
      'whole-disk': danger.wholeDisk,
    },
    do: steps(doNext),
    'do-not': steps(doNot),
    owners: cause.picture,
    'qemu-lines': cause.qemuLines,
    'qemu-line-count': cause.qemuLineCount,
  };
}
