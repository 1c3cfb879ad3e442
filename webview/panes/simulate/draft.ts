import { HOST_WRITE_KINDS, OPERATION_FORMS } from '../../../src/core/simulate/copy/operation.js';
import { formatSize } from '../../../src/core/size.js';
import { hex } from '../../../src/core/bytes.js';

type Word = keyof typeof OPERATION_FORMS;

/** The parts of an operation that is being typed. */
export interface DraftParts {
  readonly word: Word;
  readonly kind: string;
  readonly offset: string;
  readonly length: string;
  readonly name: string;
  readonly unmap: boolean;
}

const isWord = (word: string): word is Word => Object.hasOwn(OPERATION_FORMS, word);

export const OPERATION_WORDS: readonly Word[] = Object.keys(OPERATION_FORMS).filter(isWord);

/** The operation that a line names; undefined before its name has been typed. */
export function wordOf(draft: string): Word | undefined {
  const [word] = draft.trim().split(/\s+/);
  return isWord(word) ? word : undefined;
}

/** The line with its first word completed, if only one can be meant and it is not complete. */
export function completion(draft: string): string | undefined {
  if (draft.trim() === '' || /\s/.test(draft)) return undefined;
  const fitting = OPERATION_WORDS.filter((word) => word.startsWith(draft));
  const [word] = fitting;
  if (fitting.length !== 1 || word === draft) return undefined;
  return OPERATION_FORMS[word] === '' ? word : `${word} `;
}

/** What of a line is which part, as far as it has been typed. */
export function draftParts(draft: string): DraftParts {
  const [word, ...rest] = draft.trim().split(/\s+/);
  const isHost = word === 'host-write';
  const [offset = '', length = '', last = ''] = isHost ? rest.slice(1) : rest;
  return {
    word: isWord(word) ? word : 'write',
    kind: isHost ? (rest.at(0) ?? 'data') : 'data',
    offset,
    length,
    name: rest.join(' '),
    unmap: last === 'unmap',
  };
}

/** The line with another place: that of a cluster, on the guest disk or in the file. */
export function withOffset(
  draft: string,
  offset: number,
  clusterSize: number,
  isHost: boolean,
): string {
  const parts = draftParts(draft);
  const fits = isHost
    ? parts.word === 'host-write'
    : OPERATION_FORMS[wordOf(draft) ?? 'flush'].startsWith('OFF');
  return lineOf({
    ...parts,
    word: fits ? parts.word : isHost ? 'host-write' : 'write',
    kind: fits ? parts.kind : 'data',
    offset: hex(offset),
    length: fits && parts.length !== '' ? parts.length : formatSize(clusterSize),
    unmap: fits && parts.unmap,
  });
}

/** The line that says all parts; what is not filled in yet is 0. */
export function lineOf({ word, kind, offset, length, name, unmap }: DraftParts): string {
  const form = OPERATION_FORMS[word];
  if (form === '') return word;
  if (form === 'NAME') return `${word} ${name}`;
  const known = HOST_WRITE_KINDS.find((each) => each === kind) ?? 'data';
  const words = word === 'host-write' ? [word, known, offset, length] : [word, offset, length];
  if (unmap && form.includes('unmap')) words.push('unmap');
  return words.map((each) => (each === '' ? '0' : each)).join(' ');
}
