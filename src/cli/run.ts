import { FileError } from '../node/fileSource.js';
import { type Command, type Context, optionLines } from './frame/command.js';
import { COMMAND_NAMES } from './commands.js';
import { parseArguments } from './frame/options.js';
import { OutputError } from './frame/output.js';
import { Printable, t } from './frame/printable.js';
import { RefusalError } from './frame/refusal.js';
import { messageOf } from '../core/text.js';

const OPTIONS = {
  version: { help: 'print the version' },
  help: { help: "print this; after a command's name, its options" },
} as const;

/**
 * The whole program, but for the process around it; the result is the exit code. Never throws.
 *
 * @param commands the one that the first word names; all of them where it names none
 */
export function run(
  words: readonly string[],
  version: string,
  context: Context,
  commands: readonly Command[],
): number {
  const { output } = context;
  try {
    const [name, ...rest] = words;
    if (name === undefined)
      throw new RefusalError(`no command given, there are ${COMMAND_NAMES.join(', ')}`);
    if (!name.startsWith('-')) return commandOf(name, commands).run(rest, context);
    const args = parseArguments('qcow2-lens', words, OPTIONS);
    if (args.operands.length > 0)
      throw new RefusalError(`options come behind the command: ${args.operands[0]} ${name}`);
    output.print(args.has('version') ? t`qcow2-lens ${version}\n` : usage(commands));
    return 0;
  } catch (error) {
    if (error instanceof OutputError) output.complain(error.line);
    else output.complain(t`qcow2-lens: ${oneLine(error)}\n`);
    return 1;
  }
}

function commandOf(name: string, commands: readonly Command[]): Command {
  const found = commands.find((one) => one.name === name);
  if (!found)
    throw new RefusalError(
      `unknown command '${name}', expected one of ${COMMAND_NAMES.join(', ')}`,
    );
  return found;
}

function usage(commands: readonly Command[]): Printable {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return Printable.join([
    t`usage: qcow2-lens COMMAND IMAGE [options]\n\n`,
    ...commands.map((one) => t`  ${one.name.padEnd(width)}  ${one.summary}\n`),
    t`\nqcow2-lens COMMAND --help names the options of a command.\n\n`,
    optionLines(OPTIONS),
  ]);
}

/** What went wrong in one line: of a message with several, as QEMU has some, the first. */
function oneLine(error: unknown): string {
  const message = messageOf(error);
  return error instanceof RefusalError || error instanceof FileError
    ? message
    : message.split('\n')[0];
}
