import { stepCommand } from '../../../src/core/check/causes/stepCommand.js';
import type { ScanSummary } from '../../../src/core/inspect/inspection.js';
import type { ImageFacts } from '../../../src/core/qcow2/facts.js';
import type { Shell } from '../../../src/core/shell.js';
import type { Cause, Diagnosis, Step } from '../../../src/core/check/causes/cause.js';
import { hex } from '../../../src/core/bytes.js';
import { count, plural, size } from '../../text/text.js';
import { code, codeBlock, prose } from './markdown.js';
import { type Redaction, SAID, withoutNames } from './redaction.js';
import { amountText, capital, imageText, rangeText, sentence } from './sentences.js';

/** Ranges that a cause is reported with. */
const RANGES = 20;

/** What a report is about. */
export interface ReportSubject {
  readonly diagnosis: Diagnosis;
  readonly facts: ImageFacts;
  readonly counts: ScanSummary['counts'];
  readonly shell: Shell;
  readonly hidesNames: boolean;
}

/** The diagnosis for a bug tracker, in Markdown. */
export function reportOf(reported: ReportSubject): string {
  const { diagnosis, facts, counts, hidesNames } = reported;
  const redaction = hidesNames ? withoutNames(diagnosis, facts) : SAID;
  const parts = [
    `### ${prose(redaction.text(diagnosis.headline))}`,
    imageLines(facts, counts, redaction).join('\n'),
    ...(diagnosis.firstStep ? [stepLine('First', diagnosis.firstStep, reported, redaction)] : []),
    ...diagnosis.causes.flatMap((cause, place) => causeParts(cause, place, reported, redaction)),
    'Read by Qcow2 Lens, which writes to no image.',
  ];
  return `${parts.join('\n\n')}\n`;
}

function imageLines(
  facts: ImageFacts,
  counts: ScanSummary['counts'],
  redaction: Redaction,
): string[] {
  const { fileName, fileSize, geometry } = facts;
  const disk = geometry ? `, disk of ${size(geometry.virtualSize)}` : '';
  const lines = [
    `- Image: ${code(redaction.fileName(fileName))}, ${imageText(facts)}, file of ${size(fileSize)} (${count(fileSize)} bytes)${disk}`,
  ];
  if (geometry?.backingFile !== undefined)
    lines.push(`- Backing file: ${nameOr(geometry.backingFile, redaction)}`);
  if (geometry?.dataFile !== undefined)
    lines.push(`- External data file: ${nameOr(geometry.dataFile, redaction)}`);
  if (counts)
    lines.push(
      `- As \`qemu-img check\` counts: ${[
        plural(counts.corruptions, 'corruption'),
        plural(counts.leaks, 'leak'),
        plural(counts.checkErrors, 'check error'),
      ].join(', ')}`,
    );
  return lines;
}

const nameOr = (name: string, redaction: Redaction): string =>
  redaction === SAID ? code(name) : '(name hidden)';

function causeParts(
  cause: Cause,
  place: number,
  reported: ReportSubject,
  redaction: Redaction,
): string[] {
  const { title, explanation, qemuLines, qemuLineCount, doNext, doNot } = cause;
  const amount = amountText(cause);
  const lines = [
    ...claimLine(cause, reported.facts, redaction),
    ...dangerLines(cause, redaction),
    ...hostLines(cause),
    ...(cause.findings > 0 ? [`- Findings: ${count(cause.findings)}`] : []),
    ...doNext.map((step) => `- ${stepLine('Do', step, reported, redaction)}`),
    ...doNot.map((step) => `- ${stepLine('Do not', step, reported, redaction)}`),
  ];
  const more = qemuLineCount - qemuLines.length;
  return [
    `#### ${place + 1}. ${prose(redaction.text(title))}${amount && ` (${amount} in danger)`}`,
    prose(sentence(redaction.text(explanation))),
    lines.join('\n'),
    ...(qemuLines.length > 0 ? [codeBlock(qemuLines.map((line) => redaction.qemuLine(line)))] : []),
    ...(more > 0 ? [`and ${plural(more, 'more line', 'more lines')} of QEMU's.`] : []),
  ];
}

function claimLine({ picture }: Cause, { geometry }: ImageFacts, redaction: Redaction): string[] {
  if (!picture) return [];
  const { cluster, left, right } = picture;
  const at = geometry ? ` (${hex(cluster * 2 ** geometry.clusterBits)})` : '';
  const [one, other] = [left, right].map(({ text }) => prose(redaction.text(text)));
  return [`- Claimed: ${one} → cluster ${count(cluster)}${at} ← ${other}`];
}

function dangerLines({ danger }: Cause, redaction: Redaction): string[] {
  const { text, guest, ranges, snapshots } = danger;
  const lines = text === '' ? [] : [`- In danger: ${prose(sentence(redaction.text(text)))}`];
  const told = guest.slice(0, RANGES).map((range) => prose(redaction.text(rangeText(range))));
  if (ranges > told.length) told.push(`${count(ranges - told.length)} more`);
  if (told.length > 0) lines.push(`- Guest ranges: ${told.join(', ')}`);
  if (snapshots.length > 0)
    lines.push(
      `- Snapshots concerned: ${redaction === SAID ? snapshots.slice(0, RANGES).map(code).join(', ') : count(snapshots.length)}`,
    );
  return lines;
}

function hostLines({ host }: Cause): string[] {
  const told = host
    .slice(0, RANGES)
    .map(({ offset, length }) => `${hex(offset)} – ${hex(offset + Math.max(0, length - 1))}`);
  if (host.length > told.length) told.push('and more');
  return told.length > 0 ? [`- In the file: ${told.join(', ')}`] : [];
}

function stepLine(
  label: string,
  step: Step,
  { facts, shell }: ReportSubject,
  redaction: Redaction,
): string {
  const told = redaction.step(step);
  const command = stepCommand(told, redaction.fileName(facts.fileName), shell);
  const text = prose(command === undefined ? sentence(told.text) : capital(told.text));
  return `**${label}:** ${text}${command === undefined ? '' : `: ${code(command)}`}`;
}
