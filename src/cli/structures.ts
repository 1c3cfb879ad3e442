import { parseArgs } from 'node:util';
import { advise } from '../core/overlap/advice.js';
import { StructureBuilder } from '../core/overlap/openedStructures.js';
import {
  DEFAULT_BITMAP_SIZE,
  isLimitPolicy,
  type LimitPolicy,
  NO_LIMIT,
  type StructureSettings,
} from '../core/overlap/settings.js';
import { TraceSession } from '../core/overlap/traceSession.js';
import { guardedTypes } from '../core/overlap/types.js';
import { isLaidOut, openImage } from '../core/qcow2/image.js';
import { parseSize, type Parsed } from '../core/size.js';
import { FileSource } from '../node/fileSource.js';
import { operationLines } from '../node/operationLines.js';
import { drive } from './drive.js';
import { failedJson, noneJson, structuresJson, type StructuresOfImage } from './structuresJson.js';
import { failedText, NONE_TEXT, structuresText } from './structuresText.js';

export const STRUCTURES_USAGE = `  structures  the overlap structures as they are just after opening
          [--overlap-check M] [--bitmap-size S] [--total-size-limit S]
          [--limit-policy evict|fail]; --ops FILE applies operations, one a line;
          --anyway for an image that QEMU would not open
`;

/** Writes a piece of output. */
type Print = (text: string) => void;

/**
 * `qcow2-lens structures`: of an image, or of operations from a file. The result is the exit code.
 * Throws an Error with a one-line message for a request that makes no sense, and for I/O errors.
 */
export function structures(args: readonly string[], print: Print): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      'overlap-check': { type: 'string' },
      'bitmap-size': { type: 'string' },
      'total-size-limit': { type: 'string' },
      'limit-policy': { type: 'string', default: 'evict' },
      ops: { type: 'string' },
      anyway: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const policy = values['limit-policy'];
  if (!isLimitPolicy(policy))
    throw new Error(`--limit-policy is '${policy}', expected 'evict' or 'fail'`);
  if (values.ops !== undefined) {
    if (positionals.length > 0)
      throw new Error(`structures --ops takes no image, found '${positionals[0]}'`);
    for (const name of ['overlap-check', 'bitmap-size', 'total-size-limit'] as const)
      if (values[name] !== undefined)
        throw new Error(`structures --ops takes no --${name}: 'create' says it`);
    return applyOperations(values.ops, policy, print);
  }
  const [filename, ...rest] = positionals;
  if (filename === undefined || rest.length > 0)
    throw new Error(`structures takes one image, found ${positionals.length}`);
  const settings: StructureSettings = {
    guarded: valid(guardedTypes({ mode: values['overlap-check'] })),
    bitmapSize: size(values['bitmap-size'], 'bitmap-size', DEFAULT_BITMAP_SIZE),
    totalSizeLimit: size(values['total-size-limit'], 'total-size-limit', NO_LIMIT),
    policy,
  };
  const source = FileSource.open(filename);
  try {
    return ofImage(source, filename, settings, values, print);
  } finally {
    source.close();
  }
}

function ofImage(
  source: FileSource,
  filename: string,
  settings: StructureSettings,
  { json, anyway }: { readonly json: boolean; readonly anyway: boolean },
  print: Print,
): number {
  const image = openImage(source);
  if (!isLaidOut(image))
    throw new Error(`'${filename}': ${image.problems[0]?.message ?? 'too many clusters'}`);
  const refusal = image.refusal.open;
  if (refusal !== undefined && !anyway)
    throw new Error(
      `'${filename}': QEMU refuses to open it: ${refusal}; --anyway looks all the same`,
    );
  const builder = new StructureBuilder(image);
  const opened = builder.build(settings);
  if (opened.state === 'none') {
    print(json ? noneJson(filename, settings) : NONE_TEXT);
    return 0;
  }
  const operations = valid(builder.operations(settings.guarded));
  const advice = drive(advise(builder.geometry, settings, operations));
  if (opened.state === 'failed') {
    if (!json) process.stderr.write(`qcow2-lens: '${filename}': ${opened.message}\n`);
    print((json ? failedJson : failedText)(filename, settings, opened.message, advice));
    return 1;
  }
  const of: StructuresOfImage = {
    filename,
    geometry: builder.geometry,
    settings,
    replay: opened.replay,
    advice,
  };
  for (const piece of json ? structuresJson(of) : structuresText(of)) print(piece);
  return 0;
}

function applyOperations(file: string, policy: LimitPolicy, print: Print): number {
  const session = new TraceSession(policy);
  for (const { number, text } of operationLines(file)) {
    const applied = session.apply(text);
    if (!applied.ok) throw new Error(`${file} line ${number}: ${applied.message}`);
    print(`${JSON.stringify(applied.value)}\n`);
  }
  return 0;
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.message);
}

/** A size option, or what holds without it. */
function size(text: string | undefined, option: string, otherwise: number): number {
  return text === undefined ? otherwise : valid(parseSize(text, `overlap-structures.${option}`));
}
