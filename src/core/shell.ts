import { UNSEEN } from './text.js';

/** The shells that copied commands are meant for. */
export type Shell = 'bash' | 'powershell';

/** Some of it, as one part of a text that is split. */
const SOME_UNSEEN = new RegExp(`(${UNSEEN.source}+)`, 'u');

/**
 * A text as one word of a shell, so that nothing in it is run, expanded or typed as a key: also when
 * it is pasted into a terminal without bracketed paste, where a control character in a name is a key.
 */
export function shellWord(text: string, shell: Shell): string {
  return shell === 'bash' ? bashWord(text) : powershellWord(text);
}

/** Single quotes; `$'…'` where the text has what must not be seen as it is. */
function bashWord(text: string): string {
  if (!UNSEEN.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = Array.from(text, (character) =>
    // No quote inside: a history expansion ends at one that bash itself takes for text.
    UNSEEN.test(character) || /['\\!]/.test(character) ? bytesOf(character) : character,
  );
  return `$'${escaped.join('')}'`;
}

/** `\xHH` of each byte of UTF-8: what `\u` gives depends on the locale. */
const bytesOf = (character: string): string =>
  Array.from(
    new TextEncoder().encode(character),
    (byte) => `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');

/** Single quotes, of which PowerShell knows five; code units by number where they must not be seen. */
function powershellWord(text: string): string {
  const parts = text
    .split(SOME_UNSEEN)
    .filter((part) => part !== '')
    .map((part) => (UNSEEN.test(part) ? charactersOf(part) : powershellQuoted(part)));
  if (parts.length === 0) return "''";
  if (parts.length === 1 && !UNSEEN.test(text)) return parts[0];
  // A text first: it makes the sum one of texts.
  return `(${["''", ...parts].join(' + ')})`;
}

const powershellQuoted = (text: string): string =>
  `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;

const charactersOf = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `[char]${text.charCodeAt(at)}`).join(' + ');
