import type { Cause, Diagnosis, Step } from '../../../src/core/check/causes/cause.js';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';

/** What stands in the place of a name. */
const HIDDEN = '(name)';

/** A shorter name, replaced wherever it is, would take numbers and words with it. */
const TELLING = 4;

/** A text from the image, as a report says it. */
export interface Redaction {
  text(text: string): string;
  qemuLine(line: string): string;
  fileName(name: string): string;
  step(step: Step): Step;
}

const same = <T>(value: T): T => value;
export const SAID: Redaction = { text: same, qemuLine: same, fileName: same, step: same };

/**
 * Leaves out the names of the image, its backing and data file, snapshots and bitmaps. Names that a
 * cause does not list stand in quotes in our texts, and in brackets after `snapshot` in QEMU's:
 * there everything goes that may be part of one, since a name may hold quotes and brackets too.
 */
export function withoutNames(diagnosis: Diagnosis, facts: ImageFacts): Redaction {
  const names = namesIn(diagnosis, facts)
    .filter((name) => name.length >= TELLING)
    .sort((a, b) => b.length - a.length);
  const text = (said: string): string =>
    names
      .reduce((rest, name) => rest.replaceAll(name, HIDDEN), said)
      .replace(/(?<![\p{L}\p{N}])'.*'(?![\p{L}\p{N}])/gsu, HIDDEN);
  return {
    text,
    qemuLine: (line) => text(line).replace(/\bsnapshot .*\)/gs, `snapshot ${HIDDEN}`),
    fileName: () => 'image.qcow2',
    step: ({ text: said, command, names: words }) => ({
      text: text(said),
      command,
      ...(words && { names: words.map((_, place) => `NAME${place + 1}`) }),
    }),
  };
}

function namesIn({ causes, firstStep }: Diagnosis, facts: ImageFacts): string[] {
  const { backingFile, dataFile } = facts.geometry ?? {};
  const names = [facts.fileName, backingFile, dataFile, ...causes.flatMap(namesOf)];
  return [...names, ...(firstStep?.names ?? [])].filter((name) => name !== undefined);
}

const namesOf = ({ danger, doNext, doNot }: Cause): (string | undefined)[] => [
  ...danger.snapshots,
  ...danger.guest.map(({ snapshot }) => snapshot),
  ...[...doNext, ...doNot].flatMap(({ names = [] }) => names),
];
