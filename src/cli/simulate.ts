import { parseArgs } from 'node:util';
import type { Kind } from '../core/layout/kinds.js';
import { DEFAULT_BITMAP_SIZE, NO_LIMIT } from '../core/overlap/settings.js';
import { GUARDED_TYPES, guardedTypes } from '../core/overlap/types.js';
import { isLaidOut, openImage } from '../core/qcow2/image.js';
import type { Engine } from '../core/simulate/judge.js';
import { parseSimulatedOperation, type SimulatedOperation } from '../core/simulate/operation.js';
import { Simulation } from '../core/simulate/simulation.js';
import type { SimulationSettings } from '../core/simulate/simulationSettings.js';
import type { Parsed } from '../core/size.js';
import { FileSource } from '../node/fileSource.js';
import { inflate } from '../node/inflate.js';
import { operationLines } from '../node/operationLines.js';
import { finalJson, outcomeJson } from './simulateJson.js';
import { finalText, outcomeText } from './simulateText.js';

export const SIMULATE_USAGE = `  simulate  what QEMU would do with guest requests, and which check would stop it
          --ops FILE|- [--overlap-check M] [--overlap-check.TYPE on|off]
          [--engine today|structures] [--cache writethrough|writeback]
`;

/** Writes a piece of output. */
type Print = (text: string) => void;

/**
 * `qcow2-lens simulate`: operations on a simulated copy of an image. The result is the exit code.
 * Throws an Error with a one-line message for a request that makes no sense, and for I/O errors.
 */
export function simulate(args: readonly string[], print: Print): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ops: { type: 'string' },
      'overlap-check': { type: 'string' },
      ...TYPE_OPTIONS,
      engine: { type: 'string', default: 'today' },
      cache: { type: 'string', default: 'writethrough' },
      json: { type: 'boolean', default: false },
    },
  });
  const [filename, ...rest] = positionals;
  if (filename === undefined || rest.length > 0)
    throw new Error(`simulate takes one image, found ${positionals.length}`);
  if (values.ops === undefined) throw new Error('simulate takes its operations from --ops FILE');
  const { cache } = values;
  if (cache !== 'writethrough' && cache !== 'writeback')
    throw new Error(`--cache is '${cache}', expected 'writethrough' or 'writeback'`);
  const guarded = valid(
    guardedTypes({ mode: values['overlap-check'], types: typeSwitches(values) }),
  );
  const settings = { guarded, engine: engineOf(values.engine), cache, sizes: {} } as const;
  const operations = readOperations(values.ops);
  const source = FileSource.open(filename);
  try {
    const surroundings = { allocatedBytes: source.allocatedBytes, inflate };
    return run(source, filename, { ...settings, surroundings }, operations, values.json, print);
  } finally {
    source.close();
  }
}

function run(
  source: FileSource,
  filename: string,
  settings: SimulationSettings,
  operations: readonly SimulatedOperation[],
  json: boolean,
  print: Print,
): number {
  const image = openImage(source);
  if (!isLaidOut(image))
    throw new Error(`'${filename}': ${image.refusal.open ?? 'too many clusters'}`);
  const simulation = new Simulation(image, settings);
  const { opened } = simulation;
  const message = opened.ok ? opened.messages.join('\n') || undefined : opened.message;
  if (json) print(`${JSON.stringify({ open: { ok: opened.ok, message } })}\n`);
  else if (message !== undefined) print(`open: ${message}\n`);
  if (!opened.ok) return 1;
  for (const operation of operations) {
    const outcome = simulation.run(operation);
    print(json ? `${JSON.stringify(outcomeJson(outcome))}\n` : outcomeText(outcome));
  }
  const final = simulation.difference();
  print(json ? `${JSON.stringify({ final: finalJson(final) })}\n` : finalText(final));
  return 0;
}

/** The operations of a file, one a line; the list ends with a close. */
function readOperations(file: string): SimulatedOperation[] {
  const operations: SimulatedOperation[] = [];
  for (const { number, text } of operationLines(file)) {
    const parsed = parseSimulatedOperation(text);
    if (!parsed.ok) throw new Error(`${file} line ${number}: ${parsed.message}`);
    operations.push(parsed.value);
  }
  const last = operations.at(-1)?.type;
  if (last !== 'close' && last !== 'abort') operations.push({ type: 'close' });
  return operations;
}

const TYPE_OPTIONS = Object.fromEntries(
  GUARDED_TYPES.map((type) => [`overlap-check.${type}`, { type: 'string' }] as const),
);

function typeSwitches(values: Readonly<Record<string, unknown>>): Partial<Record<Kind, boolean>> {
  const switches: Partial<Record<Kind, boolean>> = {};
  for (const type of GUARDED_TYPES) {
    const value = values[`overlap-check.${type}`];
    if (value === undefined) continue;
    if (value !== 'on' && value !== 'off')
      throw new Error(`Parameter 'overlap-check.${type}' expects 'on' or 'off'`);
    switches[type] = value === 'on';
  }
  return switches;
}

function engineOf(word: string): Engine {
  if (word === 'today') return { type: word };
  if (word !== 'structures')
    throw new Error(`--engine is '${word}', expected 'today' or 'structures'`);
  return {
    type: word,
    bitmapSize: DEFAULT_BITMAP_SIZE,
    totalSizeLimit: NO_LIMIT,
    policy: 'evict',
  };
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.message);
}
