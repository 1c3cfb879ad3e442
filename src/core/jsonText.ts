/** In JSON line breaks are the document's own: those of its strings are escaped already. */
const UNSEEN_IN_JSON = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (character: string): string =>
  character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A value as JSON in which nothing that cannot be seen is left as it is; it reads back the same. */
export const jsonText = (value: unknown, indentation?: number): string =>
  JSON.stringify(value, undefined, indentation).replace(UNSEEN_IN_JSON, escaped);
