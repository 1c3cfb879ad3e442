import { parseArgs } from 'node:util';
import { isLaidOut, openImage } from '../core/qcow2/image.js';
import { FileSource } from '../node/fileSource.js';
import { checkDocument, checkImage } from './checkReport.js';
import { checkText } from './checkText.js';
import { infoJson } from './infoReport.js';
import { infoText } from './infoText.js';
import { layoutRuns } from '../core/layout/layoutRuns.js';
import { mapImage } from './mapReport.js';
import { mapJson, mapText } from './mapText.js';
import { memoryOption, scanWithin } from './scanWithin.js';
import { simulate, SIMULATE_USAGE } from './simulate.js';
import { structures, STRUCTURES_USAGE } from './structures.js';

const USAGE = `usage: qcow2-lens COMMAND IMAGE [--json]

  info    all header fields, extensions, snapshots and bitmaps, with byte offsets
  check   the counts and messages of 'qemu-img check', with every owner (--json)
  map     where every part of the guest disk lies, as 'qemu-img map';
          --backing follows the backing chain
  layout  what every host cluster holds, as runs
          check and layout: --memory N, if an image needs more than 256 MiB
${STRUCTURES_USAGE}${SIMULATE_USAGE}`;

/** A request that makes no sense, or an image that cannot be used: one line for stderr. */
class Refused extends Error {}

const print = (text: string): void => void process.stdout.write(text);
const printJson = (value: unknown): void => {
  print(JSON.stringify(value, undefined, 1) + '\n');
};

const printErrors = (lines: readonly string[]): void => {
  for (const line of lines)
    process.stderr.write(`${line.replace(/^qemu-img: /, 'qcow2-lens: ')}\n`);
};

/** Runs one command over an image; the result is the exit code. */
type Command = (source: FileSource, filename: string, options: Options) => number;

interface Options {
  readonly json: boolean;
  /** Follow the backing chain. */
  readonly backing: boolean;
  /** MiB that a scan may take. */
  readonly memory: number | undefined;
}

const info: Command = (source, filename, { json }) => {
  if (json) printJson(infoJson(source, filename));
  else print(infoText(source, filename));
  return 0;
};

const check: Command = (source, filename, { json, memory }) => {
  const report = checkImage(source, filename, memory);
  // A program that reads the JSON document finds the messages in it.
  const errors = json && report.json ? [] : report.messages;
  printErrors(errors);
  if (report.unlisted > 0)
    process.stderr.write(`qcow2-lens: ${report.unlisted} more findings are counted, not listed\n`);
  if (json && report.json) printPieces(checkDocument(report));
  else if (report.counts) print(checkText(report.counts, report.scan?.notices.kept ?? []));
  return report.exitCode;
};

/** Text of this length is printed at once: a map may have millions of short lines. */
const PRINTED_AT_ONCE = 2 ** 16;

/** Prints text that comes in pieces, until there is no more; the result is what comes with the end. */
function printPieces<T>(pieces: Generator<string, T, void>): T {
  let text = '';
  for (;;) {
    const { done, value } = pieces.next();
    if (done || text.length >= PRINTED_AT_ONCE) {
      print(text);
      text = '';
    }
    if (done) return value;
    text += value;
  }
}

const map: Command = (source, filename, { json, backing }) => {
  const entries = mapImage(source, filename, backing);
  const { messages, exitCode } = printPieces(json ? mapJson(entries) : mapText(entries));
  printErrors(messages);
  return exitCode;
};

const layout: Command = (source, filename, { json, memory }) => {
  const image = openImage(source);
  if (!isLaidOut(image))
    throw new Refused(`'${filename}': ${image.problems[0]?.message ?? 'too many clusters'}`);
  const runs = layoutRuns(scanWithin(image, memory));
  if (!json) {
    for (const run of runs)
      print(
        `0x${run.offset.toString(16).padStart(12, '0')} ${String(run.clusters).padStart(10)}  ` +
          `${run.types.join(' + ').padEnd(28)} refcount ${run.refcount ?? 'unreadable'}, references ${run.references}${run.unreadable ? `; ${run.unreadable.join('; ')}` : ''}\n`,
      );
    return 0;
  }
  let separator = '[\n ';
  for (const run of runs) {
    print(separator + JSON.stringify(run));
    separator = ',\n ';
  }
  print(separator.startsWith('[') ? '[]\n' : '\n]\n');
  return 0;
};

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['info', info],
  ['check', check],
  ['map', map],
  ['layout', layout],
]);

/** Commands with options of their own. */
const OWN_OPTIONS = new Map([
  ['structures', structures],
  ['simulate', simulate],
]);

function main(args: readonly string[]): number {
  const own = OWN_OPTIONS.get(args[0] ?? '');
  if (own && !args.includes('--help')) return own(args.slice(1), print);
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      backing: { type: 'boolean', default: false },
      memory: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [name, filename, ...rest] = positionals;
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const command = COMMANDS.get(name ?? '');
  if (!command)
    throw new Refused(
      name === undefined
        ? `no command given\n${USAGE}`
        : `unknown command '${name}', expected one of ${[...COMMANDS.keys(), ...OWN_OPTIONS.keys()].join(', ')}`,
    );
  if (values.backing && command !== map) throw new Refused(`${name} takes no --backing`);
  if (filename === undefined || rest.length > 0)
    throw new Refused(`${name} takes one image, found ${positionals.length - 1}`);
  const source = FileSource.open(filename);
  try {
    return command(source, filename, { ...values, memory: memoryOption(values.memory) });
  } finally {
    source.close();
  }
}

/** What went wrong in one line; the text of an error of ours, or of Node's argument parser. */
function oneLine(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}

// Whoever reads our output may have seen enough (`| head`): that is no error.
process.stdout.on('error', () => process.exit(0));

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`qcow2-lens: ${oneLine(error)}\n`);
  process.exitCode = 1;
}
