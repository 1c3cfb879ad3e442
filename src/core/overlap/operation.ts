import type { ParseResult } from '../size.js';
import type { StructureGeometry } from './settings.js';
import type { TypeSet } from './types.js';

/** What is done to a metadata list, or to any of the check engines. Offsets and sizes in bytes. */
export type Operation =
  | {
      readonly type: 'enter' | 'remove';
      readonly offset: number;
      readonly clusters: number;
      readonly types: TypeSet;
    }
  | {
      readonly type: 'check';
      readonly ignore: TypeSet;
      readonly offset: number;
      readonly size: number;
    };

/** How a list comes into being, in an operations file. */
export interface Creation extends StructureGeometry {
  readonly type: 'create';
  readonly bitmapSize: number;
  readonly totalSizeLimit: number;
  readonly guarded: TypeSet;
}

const FORMS = {
  create: ['CLUSTER_BITS', 'FILE_LENGTH', 'BITMAP_SIZE', 'TOTAL_SIZE_LIMIT', 'MASK'],
  enter: ['OFFSET', 'CLUSTERS', 'TYPES'],
  remove: ['OFFSET', 'CLUSTERS', 'TYPES'],
  check: ['IGNORE', 'OFFSET', 'SIZE'],
} as const;

/** The largest number each field takes; 2^53 - 1 for the rest. */
const LARGEST: Readonly<Record<string, number>> = {
  CLUSTER_BITS: 21,
  BITMAP_SIZE: 2 ** 64,
  TOTAL_SIZE_LIMIT: 2 ** 64,
  CLUSTERS: 2 ** 31 - 1,
  MASK: 0x1ff,
  TYPES: 0x1ff,
  IGNORE: 0x1ff,
};
const SMALLEST: Readonly<Record<string, number>> = { CLUSTER_BITS: 9 };

/** Reads one line of an operations file: `create …`, `enter …`, `remove …` or `check …`. */
export function parseOperation(line: string): ParseResult<Operation | Creation> {
  const [word, ...texts] = line.trim().split(/\s+/);
  if (!isForm(word))
    return wrong(`unknown operation '${word}', expected one of ${Object.keys(FORMS).join(', ')}`);
  const form: readonly string[] = FORMS[word];
  if (texts.length !== form.length)
    return wrong(`${word} takes ${form.join(' ')}, found ${texts.length} numbers`);
  const numbers: number[] = [];
  for (const [index, name] of form.entries()) {
    const value = /^(\d+|0x[0-9a-f]+)$/i.test(texts[index]) ? Number(texts[index]) : NaN;
    const least = SMALLEST[name] ?? 0;
    const most = LARGEST[name] ?? Number.MAX_SAFE_INTEGER;
    if (!(value >= least && value <= most))
      return wrong(`${name} of ${word} is '${texts[index]}', expected ${least} to ${most}`);
    numbers.push(value);
  }
  const [a, b, c, d, e] = numbers;
  switch (word) {
    case 'create':
      return right({
        type: word,
        clusterBits: a,
        fileLength: b,
        bitmapSize: c,
        totalSizeLimit: d,
        guarded: e,
      });
    case 'enter':
    case 'remove':
      return right({ type: word, offset: a, clusters: b, types: c });
    case 'check':
      return right({ type: word, ignore: a, offset: b, size: c });
  }
}

const wrong = (message: string) => ({ ok: false, message }) as const;
const right = (value: Operation | Creation) => ({ ok: true, value }) as const;
const isForm = (word: string): word is keyof typeof FORMS => Object.hasOwn(FORMS, word);
