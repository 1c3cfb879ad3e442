import { advise } from '../../core/overlap/advice.js';
import { StructureBuilder } from '../../core/overlap/openedStructures.js';
import {
  DEFAULT_BITMAP_SIZE,
  isLimitPolicy,
  type LimitPolicy,
  NO_LIMIT,
  type StructureSettings,
} from '../../core/overlap/settings.js';
import { MAX_PRINTED, TraceSession } from '../../core/overlap/traceSession.js';
import { guardedTypes } from '../../core/overlap/types.js';
import { parseSize } from '../../core/size.js';
import { operationLines } from '../../node/operationLines.js';
import { command } from '../frame/command.js';
import { finish } from '../../core/work.js';
import type { Arguments } from '../frame/options.js';
import type { Output } from '../frame/output.js';
import { Printable, t } from '../frame/printable.js';
import { RefusalError, valid } from '../frame/refusal.js';
import { type Subject, withImage } from '../frame/subject.js';
import { failedJson, noneJson, structuresJson, type StructuresOfImage } from './structuresJson.js';
import { failedText, NONE_TEXT, structuresText } from './structuresText.js';

export const structures = command({
  name: 'structures',
  summary: 'the overlap structures as they are just after opening',
  details: ['With --ops, without an image: operations, one a line, and the state after each.'],
  options: {
    'overlap-check': { value: 'MODE', help: 'what is guarded: none, constant, cached or all' },
    'bitmap-size': { value: 'SIZE', help: 'bytes of the cache of bitmaps' },
    'total-size-limit': { value: 'SIZE', help: 'most bytes of all structures together' },
    'limit-policy': { value: 'POLICY', help: 'at that limit: evict or fail' },
    ops: { value: 'FILE', help: 'apply these operations to fresh structures; -: standard input' },
    anyway: { help: 'look also at an image that QEMU would not open' },
    json: { help: 'as a JSON document' },
  },
  run(args, context) {
    const { output } = context;
    const policy = args.get('limit-policy') ?? 'evict';
    if (!isLimitPolicy(policy))
      throw new RefusalError(`--limit-policy is '${policy}', expected 'evict' or 'fail'`);
    const ops = args.get('ops');
    if (ops !== undefined) {
      if (args.operands.length > 0)
        throw new RefusalError(`structures --ops takes no image, found '${args.operands[0]}'`);
      for (const name of ['overlap-check', 'bitmap-size', 'total-size-limit'] as const)
        if (args.has(name))
          throw new RefusalError(`structures --ops takes no --${name}: 'create' says it`);
      return applyOperations(ops, policy, output);
    }
    const settings: StructureSettings = {
      guarded: valid(guardedTypes({ mode: args.get('overlap-check') })),
      bitmapSize: size(args.get('bitmap-size'), 'bitmap-size', DEFAULT_BITMAP_SIZE),
      totalSizeLimit: size(args.get('total-size-limit'), 'total-size-limit', NO_LIMIT),
      policy,
    };
    return withImage('structures', args, context, (subject) =>
      ofImage(subject, settings, args, output),
    );
  },
});

function ofImage(
  subject: Subject,
  settings: StructureSettings,
  args: Pick<Arguments<'json' | 'anyway'>, 'has'>,
  output: Output,
): number {
  const { filename } = subject;
  const json = args.has('json');
  const image = subject.mappable();
  const refusal = image.refusal.open;
  if (refusal !== undefined && !args.has('anyway'))
    throw new RefusalError(
      `'${filename}': QEMU refuses to open it: ${refusal}; --anyway looks all the same`,
    );
  const builder = new StructureBuilder(image);
  const opened = builder.build(settings);
  if (opened.state === 'none') {
    output.print(json ? noneJson(subject, settings) : NONE_TEXT);
    return 0;
  }
  const operations = valid(builder.operations(settings.guarded));
  const advice = finish(advise(builder.geometry, settings, operations));
  if (opened.state === 'failed') {
    if (!json) output.complain(t`qcow2-lens: '${filename}': ${opened.message}\n`);
    output.print((json ? failedJson : failedText)(subject, settings, opened.message, advice));
    return 1;
  }
  const of: StructuresOfImage = {
    subject,
    geometry: builder.geometry,
    settings,
    replay: opened.replay,
    advice,
  };
  const slots = of.replay.final.cache.size;
  if (json && slots > MAX_PRINTED)
    throw new RefusalError(`${slots} cache slots, expected at most ${MAX_PRINTED} in JSON`);
  for (const piece of json ? structuresJson(of) : structuresText(of)) output.print(piece);
  return 0;
}

function applyOperations(file: string, policy: LimitPolicy, output: Output): number {
  const session = new TraceSession(policy);
  for (const { number, text } of operationLines(file)) {
    const applied = session.apply(text);
    if (!applied.ok) throw new RefusalError(`${file} line ${number}: ${applied.message}`);
    output.print(t`${Printable.json(applied.value)}\n`);
  }
  return 0;
}

/** A size option, or what holds without it. */
function size(text: string | undefined, option: string, otherwise: number): number {
  return text === undefined ? otherwise : valid(parseSize(text, `overlap-structures.${option}`));
}
