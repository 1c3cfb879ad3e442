import { hex } from '../core/bytes.js';
import type { FoundTables, TableCandidate } from '../core/lost/findTables.js';
import { plural, sizeText } from '../core/numbers.js';
import { assumedHeaderText } from '../core/qcow2/assumedHeader.js';
import { clean } from '../core/text.js';

/** A way to read an image, as a line to choose. */
export interface LostChoice {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** What is to be taken for the header, as parseAssumedHeader reads it. */
  readonly assumed: string;
}

const WORDS: Readonly<Record<TableCandidate['kind'], string>> = {
  l1: 'L1 table',
  l2: 'L2 table',
  'refcount-table': 'refcount table',
  'snapshot-table': 'snapshot table',
};

/** Choices that are offered. */
const MOST = 100;

/** The ways to read an image that its lost tables give: a guessed header first, then table by table. */
export function lostChoices({
  candidates,
  header,
  reasons,
  hasHeader,
}: FoundTables): readonly LostChoice[] {
  const choices: LostChoice[] = [];
  if (header && !hasHeader)
    choices.push({
      label: 'The header that fits best',
      description: header.size === undefined ? '' : sizeText(header.size),
      detail: clean(reasons.join('; ')),
      assumed: assumedHeaderText(header),
    });
  for (const { kind, offset, entries, score, reasons: why, assume, isKnown } of candidates) {
    if (!assume || isKnown) continue;
    const share = Math.round(score * 100);
    choices.push({
      label: `${WORDS[kind]} at ${hex(offset)}`,
      description: `${plural(entries, 'entry', 'entries')}, likely by ${share} %`,
      detail: clean(why.join('; ')),
      assumed: assumedHeaderText(assume),
    });
  }
  const [best, ...others] = choices;
  // What says the same as the header above it is that header.
  return best === undefined
    ? []
    : [best, ...others.filter(({ assumed }) => assumed !== best.assumed)].slice(0, MOST);
}
