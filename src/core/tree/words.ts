/** How the tree spells what is wrong, names and dates. */

/** What is wrong, in one text; undefined when nothing is. */
export function troubles(...parts: readonly (string | false | undefined)[]): string | undefined {
  const all = parts.filter((part) => part !== undefined && part !== false);
  return all.length > 0 ? all.join('; ') : undefined;
}

/** Names from an image may have 65,535 bytes. */
const LONGEST = 1024;

export const shortened = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;

/** `2023-11-14 22:13:20 UTC` */
export const dateText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
