import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGE_NAME } from '../slot.js';
import type { Opening } from './simulationCase.js';
import { isTraced, parseTrace, TRACE_EVENTS, type Trace } from './trace.js';

/** What qemu-io said of one operation. */
export interface Answer {
  /** The errno's text behind `write failed:` or `discard failed:`. */
  readonly error: string | undefined;
  /** What the driver wrote to stderr meanwhile. */
  readonly messages: readonly string[];
  readonly trace: Trace;
}

export interface IoRun {
  /** What was said while opening, without qemu-io's words in front of a refusal. */
  readonly openMessages: readonly string[];
  readonly isOpened: boolean;
  /** One for each operation, up to the one in which QEMU died of an assertion. */
  readonly answers: readonly Answer[];
  /** The assertion that failed. */
  readonly assertion: string | undefined;
  readonly closing: Answer;
  readonly timedOut: boolean;
}

const PROMPT = 'qemu-io> ';
const REFUSAL = "qemu-io: can't open: ";
const ASSERTION = /qemu-io: \S+: (\w+): Assertion `(.*)' failed\./;
const MOST_MILLISECONDS = 10_000;

/** Runs the operations on the image of a folder in one qemu-io. */
export function runQemuIo(folder: string, opening: Opening, operations: readonly string[]): IoRun {
  const options = [
    'driver=qcow2',
    `file.filename=${IMAGE_NAME}`,
    'discard=unmap',
    ...opening.options.map(([name, value]) => `${name}=${value}`),
  ].join(',');
  writeFileSync(join(folder, 'events'), TRACE_EVENTS);
  const commands = join(folder, 'commands');
  writeFileSync(
    commands,
    operations.map((line, index) => `${qemuCommand(line, index)}\n`).join(''),
  );
  const input = openSync(commands, 'r');
  // One open file takes both streams, and the prompt flushes stdout: what is said stays in order.
  const output = join(folder, 'output');
  const handle = openSync(output, 'w');
  const args = ['-T', 'events=events', '-t', opening.cache, '--image-opts', options];
  const run = spawnSync('qemu-io', args, {
    cwd: folder,
    stdio: [input, handle, handle],
    timeout: MOST_MILLISECONDS,
    killSignal: 'SIGKILL',
  });
  closeSync(input);
  closeSync(handle);
  const isKilled = run.signal === 'SIGKILL';
  if (run.error !== undefined && !isKilled) throw run.error;
  return parseOutput(readFileSync(output, 'latin1'), operations, isKilled);
}

/** Bytes with which the operation of this index fills what it writes: told apart from the others. */
export function patternOf(index: number): number {
  return 0xa1 + index;
}

/** The line of `qcow2-lens simulate --ops` as a command of qemu-io. */
function qemuCommand(line: string, index: number): string {
  const [name, offset, length, flag] = line.split(' ');
  const pattern = `-P ${String(patternOf(index))}`;
  switch (name) {
    case 'write':
      return `write ${pattern} ${offset} ${length}`;
    case 'write-zeroes':
      return `write -z ${flag === 'unmap' ? '-u ' : ''}${offset} ${length}`;
    case 'write-compressed':
      return `write -c ${pattern} ${offset} ${length}`;
    case 'discard':
      return `discard ${offset} ${length}`;
    case 'flush':
    case 'abort':
      return name;
    default:
      throw new Error(`no such operation: ${line}`);
  }
}

function parseOutput(text: string, operations: readonly string[], timedOut: boolean): IoRun {
  const [opened = '', ...rest] = text.split(PROMPT);
  const isOpened = rest.length > 0;
  const found = ASSERTION.exec(text);
  // Without an assertion, the last prompt is the one that met the end of the commands.
  const closing = isOpened && found === null && !timedOut ? rest.pop() : undefined;
  return {
    openMessages: linesOf(opened)
      .filter((line) => !isTraced(line))
      .map((line) => (line.startsWith(REFUSAL) ? line.slice(REFUSAL.length) : line)),
    isOpened,
    answers: rest.map((answer, index) => parseAnswer(answer, operations[index] ?? 'close')),
    assertion: found === null ? undefined : `${found[1]}: ${found[2]}`,
    closing: parseAnswer(closing ?? '', 'close'),
    timedOut,
  };
}

const DONE = /^(wrote|discard) \d+\/\d+ bytes at offset \d+$/;
const SPEED = /^[\d.]+ \w+, \d+ ops; /;
const FAILED = /^(?:write|discard) failed: (.*)$/;

function parseAnswer(text: string, operation: string): Answer {
  const lines = linesOf(text).filter((line) => !DONE.test(line) && !SPEED.test(line));
  const said = lines.filter((line) => !isTraced(line) && !ASSERTION.test(line));
  const failures = said.map((line) => FAILED.exec(line)?.[1]);
  return {
    error: failures.find((failure) => failure !== undefined),
    messages: said.filter((_, index) => failures[index] === undefined),
    trace: parseTrace(lines, operation.startsWith('write')),
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
