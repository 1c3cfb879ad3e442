import { type Shell, shellWord } from '../../shell.js';
import type { Step } from './cause.js';

/** The command of a step for an image of this name; undefined when it has none. */
export function stepCommand(
  { command, names = [] }: Step,
  image: string,
  shell: Shell,
): string | undefined {
  const words: Readonly<Record<string, string | undefined>> = {
    image: operand(image),
    copy: operand(`${image}.copy`),
    new: operand(`${image}.new`),
  };
  return command?.replace(/\{(\w+)\}/g, (_, place: string) =>
    shellWord(words[place] ?? names[Number(place)] ?? '', shell),
  );
}

/** A file's name that no program takes for an option, nor QEMU for a protocol. */
function operand(name: string): string {
  const isPlain = name.startsWith('/') || /^[A-Za-z]:[\\/]/.test(name);
  return isPlain || !/^-|:/.test(name) ? name : `./${name}`;
}
