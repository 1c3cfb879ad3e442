/** Control characters, line separators, and all that changes the direction or the order of text. */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const EACH = new RegExp(UNSEEN, 'gu');

/** With what a terminal, a shell or a page might act on instead of showing it as `spelt` spells it. */
export const spellUnseen = (text: string, spelt: (character: string) => string): string =>
  text.replace(EACH, spelt);

/** A name out of an image, safe to show on one line: what cannot be seen is shown as `�`. */
export const clean = (text: string): string => text.replace(EACH, '\ufffd');

/** What went wrong, in words. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
