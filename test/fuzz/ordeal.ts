import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '../../src/cli/frame/command.js';
import { OutputError } from '../../src/cli/frame/output.js';
import { RefusalError } from '../../src/cli/frame/refusal.js';
import { run } from '../../src/cli/run.js';
import { fromWebview } from '../../src/editor/validate.js';
import { deflate, inflate } from '../../src/node/compression.js';
import { FileError, FileSource } from '../../src/node/fileSource.js';
import { answer } from '../../src/protocol/rpc.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { Slot } from '../peer/slot.js';
import type { FuzzBases } from './bases.js';
import type { Asked, FuzzCase } from './cases.js';
import { inFolder } from './words.js';

/** What an input may take: processor time in ms, memory in bytes. */
const MAX_TIME = 2000;
const MAX_MEMORY = 256 * 2 ** 20;
/** Slices of work that end every session of these images. */
const MAX_SLICES = 5000;
const SLICE = 10;
const CODES: readonly number[] = [0, 1, 2, 3, 63];

const STACK = /^\s+at .*:\d+:\d+\)?$/m;
// Whatever moves a terminal's cursor, or turns the order of what is read.
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** What came of a case. */
export interface Verdict {
  /** What no input may do. */
  readonly faults: readonly string[];
  /** How it ended, to be counted. */
  readonly ending: string;
  /** Errors that say what went wrong, without their numbers. */
  readonly errors: readonly string[];
  /** Processor time in ms. */
  readonly time: number;
}

/** Puts images through what a user may do with them, in this process. */
export class Ordeal {
  readonly #folder: string;
  readonly #bases: FuzzBases;
  readonly #commands: readonly Command[];
  readonly #slots = new Map<string, Slot>();

  constructor(folder: string, bases: FuzzBases, commands: readonly Command[]) {
    this.#folder = folder;
    this.#bases = bases;
    this.#commands = commands;
  }

  async run({ base, damage, does }: FuzzCase): Promise<Verdict> {
    const slot = this.#slot(base);
    slot.apply(damage);
    const faults: string[] = [];
    const errors: string[] = [];
    const memory = process.memoryUsage();
    const start = process.cpuUsage();
    let ending: string;
    try {
      ending =
        does.what === 'command'
          ? this.#command(does, slot, faults, errors)
          : await this.#questions(does.asked, slot, faults, errors);
    } finally {
      slot.heal();
    }
    const { user, system } = process.cpuUsage(start);
    const time = (user + system) / 1000;
    if (time > MAX_TIME) faults.push(`${Math.round(time)} ms`);
    const now = process.memoryUsage();
    const taken = now.heapUsed + now.external - memory.heapUsed - memory.external;
    const resident = now.rss - memory.rss;
    if (Math.max(taken, resident) > MAX_MEMORY)
      faults.push(`${Math.round(Math.max(taken, resident) / 2 ** 20)} MiB`);
    return { faults, ending, errors, time };
  }

  close(): void {
    for (const slot of this.#slots.values()) slot.close();
  }

  #command(
    does: FuzzCase['does'] & { readonly what: 'command' },
    slot: Slot,
    faults: string[],
    errors: string[],
  ): string {
    writeFileSync(join(slot.folder, 'operations'), does.operations);
    writeFileSync(join(slot.folder, 'log'), does.log, 'latin1');
    const words = inFolder(does.words, slot.folder);
    const printed: string[] = [];
    const said: string[] = [];
    const output = {
      print: ({ text }: { readonly text: string }) => void printed.push(text),
      complain: ({ text }: { readonly text: string }) => void said.push(text),
    };
    // What `run` makes a line of is looked at first.
    const commands = this.#commands.map((command) => ({
      ...command,
      run: (...given: Parameters<Command['run']>) => {
        try {
          return command.run(...given);
        } catch (error) {
          judge(error, faults, errors);
          throw error;
        }
      },
    }));
    const code = run(words, 'fuzz', { output, open: (path) => FileSource.open(path) }, commands);
    rmSync(join(slot.folder, 'fresh'), { force: true });
    if (!CODES.includes(code)) faults.push(`exit code ${code}`);
    const texts = printed.join('');
    for (const text of [texts, said.join('')]) {
      if (STACK.test(text)) faults.push('a stack trace');
      const [odd] = UNPRINTABLE.exec(text) ?? [];
      if (odd !== undefined) faults.push(`prints U+${odd.charCodeAt(0).toString(16)}`);
    }
    if (words.includes('--json') && !words.includes('--help') && !isJson(texts))
      faults.push('prints no JSON');
    if (code === 1 && said.length === 0 && printed.length === 0)
      faults.push('fails without a word');
    return `${does.words[0]} ${code}`;
  }

  async #questions(
    asked: readonly Asked[],
    slot: Slot,
    faults: string[],
    errors: string[],
  ): Promise<string> {
    const source = FileSource.open(slot.path);
    const machine = { allocatedBytes: source.allocatedBytes, inflate, deflate };
    let refused = 0;
    try {
      const session = new ImageSession(
        source,
        'image.qcow2',
        (event) => void structuredClone(event),
        machine,
      );
      session.start();
      for (const { slices, message } of asked) {
        for (let i = 0; i < slices && session.advance(SLICE); i++);
        const read = fromWebview(message);
        if (read?.type !== 'request') {
          refused++;
          continue;
        }
        try {
          structuredClone(await answer(session.service, read.request));
        } catch (error) {
          judge(error, faults, errors);
        }
      }
      let slices = 0;
      while (session.advance(SLICE)) if (++slices > MAX_SLICES) throw new Error('no end of slices');
    } catch (error) {
      judge(error, faults, errors);
      faults.push('the session has ended');
    } finally {
      source.close();
    }
    return `questions${refused > 0 ? ', some not understood' : ''}`;
  }

  #slot(name: string): Slot {
    const known = this.#slots.get(name);
    if (known) return known;
    const slot = new Slot(this.#bases.get(name).base, join(this.#folder, name));
    this.#slots.set(name, slot);
    return slot;
  }
}

/** Errors are ours, with a line for people, or of the machine, with a code; all others are faults. */
function judge(error: unknown, faults: string[], errors: string[]): void {
  if (!(error instanceof Error)) {
    faults.push(`threw ${String(error)}`);
    return;
  }
  const isOurs =
    error instanceof RefusalError || error instanceof FileError || error instanceof OutputError;
  if (isOurs) return;
  const name = error.constructor.name;
  if (name === 'Error') {
    errors.push(error.message.replace(/'[^']*'/g, "'…'").replace(/[0-9][0-9a-fx,.]*/g, 'N'));
    return;
  }
  faults.push(`${name}: ${error.stack ?? error.message}`);
}

/** One document, or one in each line; nothing is fine too. */
function isJson(text: string): boolean {
  if (text === '' || parses(text)) return true;
  return text.trimEnd().split('\n').every(parses);
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
