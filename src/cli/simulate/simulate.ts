import type { Kind } from '../../core/map/kinds.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../../core/overlap/settings.js';
import { GUARDED_TYPES, guardedTypes } from '../../core/overlap/types.js';
import { isMappable, openImage } from '../../core/qcow2/image.js';
import type { Engine } from '../../core/simulate/guard/judge.js';
import {
  parseSimulatedOperation,
  type SimulatedOperation,
} from '../../core/simulate/copy/operation.js';
import { Simulation } from '../../core/simulate/verdict/simulation.js';
import type { SimulationSettings } from '../../core/simulate/driver/settings.js';
import { inflate } from '../../node/compression.js';
import { operationLines } from '../../node/operationLines.js';
import { command } from '../frame/command.js';
import type { Arguments, OptionTable } from '../frame/options.js';
import type { Output } from '../frame/output.js';
import { linesOf, Printable, t } from '../frame/printable.js';
import { RefusalError, valid } from '../frame/refusal.js';
import { finalJson, outcomeJson, repairJson } from './simulateJson.js';
import { finalText, outcomeText, repairText } from './simulateText.js';
import { type Subject, withImage } from '../frame/subject.js';

const TYPE_OPTIONS: OptionTable = Object.fromEntries(
  GUARDED_TYPES.map((type) => [
    `overlap-check.${type}`,
    { value: 'on|off', help: 'this type, whatever the mode says' },
  ]),
);

export const simulate = command({
  name: 'simulate',
  summary: 'what QEMU would do with guest requests, and which check would stop it',
  details: [
    'Operations, one a line: write OFF LEN, write-zeroes OFF LEN [unmap], write-compressed OFF LEN,',
    'discard OFF LEN, flush, close, abort. The list ends with an implied close.',
  ],
  options: {
    ops: { value: 'FILE', help: 'the operations; -: standard input' },
    engine: { value: 'ENGINE', help: 'who checks: today (QEMU) or structures' },
    cache: { value: 'MODE', help: 'writethrough (default, as qemu-io) or writeback' },
    'overlap-check': { value: 'MODE', help: 'what is guarded: none, constant, cached or all' },
    ...TYPE_OPTIONS,
    'discard-no-unref': { help: 'as that option of QEMU (8.1 and later): discarded clusters stay' },
    json: { help: 'a line of JSON for opening, for each operation, and for what is different' },
  },
  run(args, context) {
    const { output } = context;
    const ops = args.get('ops');
    if (args.operands.length === 1 && ops === undefined)
      throw new RefusalError('simulate takes its operations from --ops FILE');
    const cache = args.get('cache') ?? 'writethrough';
    if (cache !== 'writethrough' && cache !== 'writeback')
      throw new RefusalError(`--cache is '${cache}', expected 'writethrough' or 'writeback'`);
    const guarded = valid(
      guardedTypes({ mode: args.get('overlap-check'), types: typeSwitches(args) }),
    );
    const engine = engineOf(args.get('engine') ?? 'today');
    const settings = {
      guarded,
      engine,
      cache,
      sizes: {},
      discardNoUnref: args.has('discard-no-unref'),
    } as const;
    const operations = ops === undefined ? [] : readOperations(ops);
    const json = args.has('json');
    const unopened = (message: string): void => {
      if (json) output.print(openLine({ ok: false, message }));
    };
    return withImage(
      'simulate',
      args,
      context,
      (subject) => {
        const { source } = subject;
        const surroundings = { allocatedBytes: source.allocatedBytes, inflate };
        return run(subject, { ...settings, surroundings }, operations, json, output);
      },
      unopened,
    );
  },
});

/** The first line of `--json`. */
const openLine = (open: {
  readonly ok: boolean;
  readonly message: string | undefined;
  readonly repair?: object | undefined;
}): Printable => t`${Printable.json({ open })}\n`;

function run(
  subject: Subject,
  settings: SimulationSettings,
  operations: readonly SimulatedOperation[],
  json: boolean,
  output: Output,
): number {
  const image = openImage(subject.source);
  if (!isMappable(image)) {
    const message = subject.refusalOf(image);
    if (json) output.print(openLine({ ok: false, message }));
    throw new RefusalError(message);
  }
  const simulation = Simulation.open(image, settings);
  const { opened, notes } = simulation;
  const messages = [...notes.messages];
  if (notes.messagesLeftOut > 0) messages.push(`… and ${notes.messagesLeftOut} more lines`);
  if (!opened.ok) messages.push(opened.message);
  const message = messages.join('\n') || undefined;
  const repair = opened.ok ? opened.repair : undefined;
  if (json)
    output.print(openLine({ ok: opened.ok, message, repair: repair && repairJson(repair) }));
  else {
    output.print(linesOf(messages.map((line) => `open: ${line}`)));
    if (repair) output.print(repairText(repair));
  }
  if (!opened.ok) return 1;
  for (const operation of operations) {
    const outcome = simulation.run(operation);
    output.print(json ? t`${Printable.json(outcomeJson(outcome))}\n` : outcomeText(outcome));
  }
  const final = simulation.difference();
  output.print(
    json
      ? t`${Printable.json({ final: finalJson(final), ...subject.changedJson() })}\n`
      : finalText(final),
  );
  return 0;
}

/** The operations of a file, one a line; the list ends with a close. */
function readOperations(file: string): SimulatedOperation[] {
  const operations: SimulatedOperation[] = [];
  for (const { number, text } of operationLines(file)) {
    const parsed = parseSimulatedOperation(text);
    if (!parsed.ok) throw new RefusalError(`${file} line ${number}: ${parsed.message}`);
    operations.push(parsed.value);
  }
  const last = operations.at(-1)?.type;
  if (last !== 'close' && last !== 'abort') operations.push({ type: 'close' });
  return operations;
}

function typeSwitches(args: Arguments<string>): Partial<Record<Kind, boolean>> {
  const switches: Partial<Record<Kind, boolean>> = {};
  for (const type of GUARDED_TYPES) {
    const value = args.get(`overlap-check.${type}`);
    if (value === undefined) continue;
    if (value !== 'on' && value !== 'off')
      throw new RefusalError(`Parameter 'overlap-check.${type}' expects 'on' or 'off'`);
    switches[type] = value === 'on';
  }
  return switches;
}

function engineOf(word: string): Engine {
  if (word === 'today') return { type: word };
  if (word !== 'structures')
    throw new RefusalError(`--engine is '${word}', expected 'today' or 'structures'`);
  return {
    type: word,
    bitmapSize: DEFAULT_BITMAP_SIZE,
    totalSizeLimit: NO_LIMIT,
    policy: 'evict',
  };
}
