import { clean } from '../../../src/core/text.js';

/** Keeps what would be a mention, a link or a reference from becoming one. */
const APART = '\u200b';

/**
 * Text from an image as Markdown that shows it and does nothing: no markup, no HTML, no link, no
 * mention of a user and no reference to an issue, in CommonMark and on GitHub.
 */
export const prose = (text: string): string =>
  clean(text)
    .replace(/[\\`*_[\]<>#|~&$]/g, '\\$&')
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2')
    .replace(/@|#(?=\d)|\bGH-(?=\d)/gi, `$&${APART}`)
    .replace(/(:)(\/\/)|(www)(\.)/gi, `$1$3${APART}$2$4`);

/** The same as code in a line. */
export function code(text: string): string {
  const shown = clean(text);
  const fence = '`'.repeat(longestRun(shown) + 1);
  // One space at each end is taken away again.
  return `${fence} ${shown} ${fence}`;
}

/** Lines as a block of code, however many backticks they have. */
export function codeBlock(lines: readonly string[]): string {
  const shown = lines.map(clean);
  const fence = '`'.repeat(Math.max(3, ...shown.map((line) => longestRun(line) + 1)));
  return [`${fence}text`, ...shown, fence].join('\n');
}

const longestRun = (text: string): number =>
  Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
