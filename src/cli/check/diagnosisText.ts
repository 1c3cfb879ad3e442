import type { Cause, Diagnosis, Step } from '../../core/check/causes/cause.js';
import { plural } from '../../core/numbers.js';
import { COPY } from '../../core/check/causes/words.js';
import { stepCommand } from '../../core/check/causes/stepCommand.js';
import type { Shell } from '../../core/shell.js';
import { linesOf, Printable, t } from '../frame/printable.js';

const WIDTH = 96;
/** Lines of QEMU's under each cause; `check` has them all. */
const MAX_LINES = 5;

const SEVERITY_WORDS: Readonly<Record<Cause['severity'], string>> = {
  danger: 'DANGER',
  damage: 'damage',
  waste: 'waste',
  note: 'note',
};

/** A diagnosis for people, cause by cause. */
export function* diagnosisText(
  { headline, firstStep, causes }: Diagnosis,
  filename: string,
  shell: Shell,
): Generator<Printable, void, void> {
  yield t`${headline}.\n`;
  if (firstStep) yield stepText('First: ', '  ', firstStep, filename, shell);
  for (const [index, cause] of causes.entries())
    yield t`\n${causeText(cause, index + 1, filename, shell)}`;
}

/** The causes in a few lines each, for the end of what `check` says. */
export function causesText({ causes }: Diagnosis): Printable {
  if (causes.length === 0) return t``;
  return Printable.join([
    t`\nCauses (qcow2-lens diagnose says what to do):\n`,
    ...causes.map(
      (cause, index) =>
        t`${wrapped(`${index + 1}. ${cause.title}${cause.findings > 0 ? ` (${plural(cause.findings, 'finding')})` : ''}`, '  ', '     ')}${pictureText(cause, '     ')}${wrapped(`In danger: ${cause.danger.text}`, '     ')}`,
    ),
  ]);
}

function causeText(cause: Cause, number: number, filename: string, shell: Shell): Printable {
  const { severity, title, danger, explanation, doNext, doNot } = cause;
  const indent = ' '.repeat(String(number).length + 2);
  const steps = (heading: string, list: readonly Step[]): Printable =>
    list.length === 0
      ? t``
      : Printable.join([
          t`${indent}${heading}\n`,
          ...list.map((step) => stepText(`${indent}- `, `${indent}  `, step, filename, shell)),
        ]);
  return Printable.join([
    wrapped(`${number}. ${title} [${SEVERITY_WORDS[severity]}]`, '', indent),
    pictureText(cause, indent),
    wrapped(`In danger: ${danger.text}`, indent),
    wrapped(explanation, indent),
    steps('Do', doNext),
    steps('Do not', doNot),
    linesText(cause, indent),
  ]);
}

function pictureText({ picture }: Cause, indent: string): Printable {
  if (!picture) return t``;
  return t`${indent}${picture.left.text} -> cluster ${picture.cluster} <- ${picture.right.text}\n`;
}

function stepText(
  first: string,
  indent: string,
  step: Step,
  filename: string,
  shell: Shell,
): Printable {
  const command = step === COPY ? undefined : stepCommand(step, filename, shell);
  const text = wrapped(step.text, first, indent);
  return command === undefined ? text : t`${text}${indent}    ${command}\n`;
}

/** QEMU's own lines, last and apart. */
function linesText({ qemuLines, qemuLineCount }: Cause, indent: string): Printable {
  if (qemuLines.length === 0) return t``;
  const told = qemuLines.slice(0, MAX_LINES);
  const more = qemuLineCount - told.length;
  return Printable.join([
    t`${indent}qemu-img check:\n`,
    linesOf(told.map((line) => t`${indent}    ${line}`)),
    more > 0 ? t`${indent}    and ${more} more lines\n` : t``,
  ]);
}

/** A text in lines of a terminal's width; long words stay whole. */
function wrapped(text: string, first: string, indent = first): Printable {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return linesOf([...lines, line]);
}
