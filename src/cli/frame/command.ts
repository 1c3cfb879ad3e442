import { type Arguments, type Option, type OptionTable, parseArguments } from './options.js';
import type { OpenFile } from '../../node/fileSource.js';
import type { Output } from './output.js';
import { Printable, t } from './printable.js';

/** What a command has to do with. */
export interface Context {
  readonly output: Output;
  /** Opens a file to be read; throws FileError. */
  readonly open: OpenFile;
}

/** A command as the parser, the help and the error messages see it. */
export interface Command {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  readonly options: OptionTable;
  readonly help: Printable;
  /** Runs with the words after its name; the result is the exit code. */
  run(words: readonly string[], context: Context): number;
}

interface Definition<O extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  /** What it takes beside its options, if not one image. */
  readonly operands?: string;
  /** Lines that the help has below the summary. */
  readonly details?: readonly string[];
  readonly options: O;
  run(args: Arguments<keyof O & string>, context: Context): number;
}

const HELP = { help: { help: 'print this' } } as const;

/** A command out of what is its own. */
export function command<const O extends OptionTable>(definition: Definition<O>): Command {
  const { name, summary } = definition;
  const options: OptionTable<(keyof O & string) | 'help'> = { ...definition.options, ...HELP };
  const help = helpOf(definition, options);
  return {
    name,
    summary,
    options,
    help,
    run(words, context) {
      const args = parseArguments(name, words, options);
      if (!args.has('help')) return definition.run(args, context);
      context.output.print(help);
      return 0;
    },
  };
}

function helpOf(
  { name, summary, details, operands = 'IMAGE' }: Definition<OptionTable>,
  options: OptionTable,
): Printable {
  return Printable.join([
    t`usage: qcow2-lens ${name} ${operands} [options]\n\n${summary}\n`,
    ...(details ?? []).map((line) => t`${line}\n`),
    t`\n`,
    optionLines(options),
  ]);
}

const spelling = (name: string, { value }: Option): string =>
  value === undefined ? `--${name}` : `--${name} ${value}`;

/** The options, one a line, with what they do. */
export function optionLines(options: OptionTable): Printable {
  const rows = Object.entries(options);
  const width = Math.max(...rows.map(([name, option]) => spelling(name, option).length));
  return Printable.join(
    rows.map(([name, option]) => t`  ${spelling(name, option).padEnd(width)}  ${option.help}\n`),
  );
}
