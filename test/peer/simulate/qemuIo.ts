import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf } from '../qemu.js';
import { IMAGE_NAME } from '../slot.js';
import type { Opening } from './simulationCase.js';
import { isTraced, parseTrace, TRACE_EVENTS, type Trace } from './trace.js';

/** What qemu-io said of one operation. */
export interface Answer {
  /** The errno's text behind `write failed:`, `discard failed:` or `Could not create snapshot`. */
  readonly error: string | undefined;
  /** What the driver wrote to stderr meanwhile. */
  readonly messages: readonly string[];
  readonly trace: Trace;
}

export interface IoRun {
  /** What was said while opening, without qemu-io's words in front of a refusal. */
  readonly openMessages: readonly string[];
  /** Undefined when it cannot be told from the rest. */
  readonly openTrace: Trace | undefined;
  readonly isOpened: boolean;
  /** One for each operation, up to the one in which QEMU died of an assertion. */
  readonly answers: readonly Answer[];
  /** How QEMU died: the assertion that failed, or its signal. */
  readonly death: string | undefined;
  /** Undefined when there was none, or when it was part of the last answer. */
  readonly closing: Answer | undefined;
  readonly timedOut: boolean;
}

const PROMPT = 'qemu-io> ';
/** Behind some refusals. */
const HINT = 'You can force-remove ';
const REFUSAL = "qemu-io: can't open: ";
const ASSERTION = /qemu-(?:io|img): \S+: (\w+): Assertion `(.*)' failed\./;
const MAX_MILLISECONDS = 5_000;

/** Whether the operation is one of `qemu-img snapshot`, which qemu-io does not have. */
export function isSnapshotOperation(line: string): boolean {
  return line.startsWith('snapshot-');
}

/** Runs the operations on the image of a folder in one qemu-io, or a single one by `qemu-img snapshot`. */
export function runQemu(folder: string, opening: Opening, operations: readonly string[]): IoRun {
  const options = [
    'driver=qcow2',
    `file.filename=${IMAGE_NAME}`,
    // Nothing here must survive a power cut.
    'file.cache.no-flush=on',
    'discard=unmap',
    ...opening.options.map(([name, value]) => `${name}=${value}`),
  ].join(',');
  const [first = ''] = operations;
  if (isSnapshotOperation(first)) {
    const [name, argument] = words(first);
    const verb = name === 'snapshot-create' ? '-c' : '-d';
    const args = ['snapshot', '-q', verb, argument, '--image-opts', options];
    return parseSnapshotOutput(runTool('qemu-img', folder, args, ''));
  }
  const commands = operations.map((line) => `${qemuCommand(line)}\n`).join('');
  const args = ['-t', opening.cache, '--image-opts', options];
  return parseOutput(runTool('qemu-io', folder, args, commands), operations);
}

/** The first word of a line, and the rest. */
function words(line: string): [string, string] {
  const at = line.indexOf(' ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

interface Ended {
  readonly text: string;
  readonly death: string | undefined;
  readonly timedOut: boolean;
}

/** What a tool says on both streams, in order, with its trace. */
function runTool(
  tool: 'qemu-io' | 'qemu-img',
  folder: string,
  args: readonly string[],
  commands: string,
): Ended {
  writeFileSync(join(folder, 'events'), TRACE_EVENTS);
  writeFileSync(join(folder, 'commands'), commands);
  const input = openSync(join(folder, 'commands'), 'r');
  // One open file takes both streams, and the prompt flushes stdout: what is said stays in order.
  const output = join(folder, 'output');
  const handle = openSync(output, 'w');
  const run = spawnSync(tool, ['-T', 'events=events', ...args], {
    cwd: folder,
    stdio: [input, handle, handle],
    timeout: MAX_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  closeSync(input);
  closeSync(handle);
  // A stopped machine may notice the end of the time and that of the tool together.
  const isLate = run.error !== undefined && 'code' in run.error && run.error.code === 'ETIMEDOUT';
  const timedOut = run.signal === 'SIGKILL' || isLate;
  if (run.error !== undefined && !timedOut) throw run.error;
  const text = readFileSync(output, 'latin1');
  return { text, death: timedOut ? undefined : deathOf(run.signal, text), timedOut };
}

/** The line of `qcow2-lens simulate --ops` as a command of qemu-io. */
function qemuCommand(line: string): string {
  const [name, offset, length, flag] = line.split(' ');
  switch (name) {
    case 'write':
      return `write ${offset} ${length}`;
    case 'write-zeroes':
      return `write -z ${flag === 'unmap' ? '-u ' : ''}${offset} ${length}`;
    case 'write-compressed':
      return `write -c ${offset} ${length}`;
    case 'discard':
      return `discard ${offset} ${length}`;
    case 'flush':
    case 'abort':
      return name;
    default:
      throw new Error(`no such operation: ${line}`);
  }
}

function parseOutput({ text, death, timedOut }: Ended, operations: readonly string[]): IoRun {
  const [opened = '', ...rest] = text.split(PROMPT);
  const isOpened = rest.length > 0;
  // The last prompt is the one that met the end of the commands.
  const isClosed = isOpened && death === undefined && !timedOut && operations.at(-1) !== 'abort';
  const closing = isClosed ? rest.pop() : undefined;
  return {
    openMessages: linesOf(opened)
      .filter((line) => !isTraced(line) && !line.startsWith(HINT))
      .map((line) => (line.startsWith(REFUSAL) ? line.slice(REFUSAL.length) : line)),
    openTrace: parseTrace(linesOf(opened), false),
    isOpened,
    answers: rest.map((answer, index) => parseAnswer(answer, operations[index] ?? 'close')),
    death,
    closing: closing === undefined ? undefined : parseAnswer(closing, 'close'),
    timedOut,
  };
}

/** The abort that was asked for is none. */
function deathOf(signal: NodeJS.Signals | null, text: string): string | undefined {
  const found = ASSERTION.exec(text);
  if (found !== null) return `${found[1]}: Assertion \`${found[2]}' failed`;
  return signal === 'SIGSEGV' ? 'segmentation fault' : undefined;
}

const NOT_OPENED = /^qemu-img: Could not open '.*?': /m;

/** The whole run is one answer, in which the image is opened, changed and closed. */
function parseSnapshotOutput({ text, death, timedOut }: Ended): IoRun {
  const refusal = NOT_OPENED.exec(text);
  const lines =
    refusal === null
      ? []
      : [
          ...linesOf(text.slice(0, refusal.index)),
          ...linesOf(text.slice(refusal.index + refusal[0].length)),
        ];
  return {
    openMessages: lines.filter((line) => !isTraced(line) && !line.startsWith(HINT)),
    openTrace: refusal === null ? undefined : parseTrace(linesOf(text), false),
    isOpened: refusal === null,
    answers: refusal === null ? [parseAnswer(text, 'snapshot')] : [],
    death,
    closing: undefined,
    timedOut,
  };
}

const DONE = /^(wrote|discard) \d+\/\d+ bytes at offset \d+$/;
const SPEED = /^[\d.]+ \w+, \d+ ops; /;
/** qemu-img has words of its own for this one. */
const NOT_FOUND = 'No such file or directory';
const FAILED =
  /^(?:write failed|discard failed|qemu-img: Could not (?:create|delete) snapshot '.*?'): (?:-\d+ \((.*)\)|(.*))$/;

function parseAnswer(text: string, operation: string): Answer {
  const lines = linesOf(text).filter((line) => !DONE.test(line) && !SPEED.test(line));
  const said = lines.filter((line) => !isTraced(line) && !ASSERTION.test(line));
  const failures = said.map((line) => {
    const failure = FAILED.exec(line);
    const reason = failure?.[1] ?? failure?.[2];
    return reason === 'snapshot not found' ? NOT_FOUND : reason?.replace(/^.*: /, '');
  });
  return {
    error: failures.find((failure) => failure !== undefined),
    messages: said.filter((_, index) => failures[index] === undefined),
    trace: parseTrace(lines, operation.startsWith('write')),
  };
}
