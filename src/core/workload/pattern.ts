import { type ParseResult, parseSize } from '../size.js';

/** Made workloads: what each does, in a line. */
export const PATTERNS = {
  sequential: 'one block after the other, from the start of the range',
  uniform: 'any block of the range, all alike',
  zipf: 'some blocks far more often than others; `theta` says how much (1.1)',
  hotset: '`heat` percent (90) go to `hot` percent (10) of the range',
  strided: 'a block, then `stride` bytes on (1M), from the start again at the end',
  mixed: 'half of it zipf, three tenths uniform, a fifth sequential',
  database: 'pages by zipf, read and written back; a log written in turn, with a flush',
  boot: 'short sequential runs at scattered places of the first eighth, nearly all reads',
} as const;

export type PatternName = keyof typeof PATTERNS;

/** A made workload. Sizes in bytes. */
export interface Pattern {
  readonly name: PatternName;
  readonly ops: number;
  readonly block: number;
  /** Percent. */
  readonly reads: number;
  readonly seed: number;
  /** Where on the disk, and how much of it; undefined: all the rest. */
  readonly offset: number;
  readonly size: number | undefined;
  readonly theta: number;
  readonly hot: number;
  readonly heat: number;
  readonly stride: number;
}

const DEFAULTS: Omit<Pattern, 'name'> = {
  ops: 100_000,
  block: 4096,
  reads: 100,
  seed: 1,
  offset: 0,
  size: undefined,
  theta: 1.1,
  hot: 10,
  heat: 90,
  stride: 2 ** 20,
};

/** What is otherwise in some patterns. */
const OWN: Partial<Record<PatternName, Partial<Pattern>>> = {
  mixed: { reads: 70 },
  database: { block: 8192, reads: 70 },
  boot: { reads: 97 },
};

const MAX_OPS = 2 ** 32;

type Settings = { -readonly [K in keyof Pattern]: Pattern[K] };

export const isPatternName = (word: string): word is PatternName => Object.hasOwn(PATTERNS, word);

/** The name in front of the settings: what makes a text a pattern, and no file. */
export const patternNameOf = (text: string): string => text.split(':', 1)[0];

/** Reads `NAME[:KEY=VALUE,…]`, such as `zipf:ops=1M,block=4K,reads=70,seed=7`. */
export function parsePattern(text: string): ParseResult<Pattern> {
  const name = patternNameOf(text);
  if (!isPatternName(name))
    return wrong(
      `there is no pattern '${name}', expected one of ${Object.keys(PATTERNS).join(', ')}`,
    );
  const pattern: Settings = { name, ...DEFAULTS, ...OWN[name] };
  const rest = text.slice(name.length + 1);
  for (const word of rest === '' ? [] : rest.split(',')) {
    const [key, value = ''] = word.split('=', 2);
    const message = setOne(pattern, key, value);
    if (message !== undefined) return wrong(`pattern ${name}: ${message}`);
  }
  return { ok: true, value: pattern };
}

/** Sets one; the result is what is wrong with it. */
function setOne(pattern: Settings, key: string, value: string): string | undefined {
  switch (key) {
    case 'ops':
    case 'block':
    case 'offset':
    case 'size':
    case 'stride': {
      const size = parseSize(value, key);
      if (!size.ok) return size.message.split('\n')[0];
      const least = key === 'offset' ? 0 : 1;
      const most = key === 'ops' ? MAX_OPS : key === 'block' ? 2 ** 30 : Number.MAX_SAFE_INTEGER;
      if (size.value < least || size.value > most)
        return `${key} is ${value}, expected ${least} to ${most}`;
      pattern[key] = size.value;
      return undefined;
    }
    case 'seed':
    case 'reads':
    case 'hot':
    case 'heat':
    case 'theta': {
      const most = { seed: 2 ** 32 - 1, reads: 100, hot: 100, heat: 100, theta: 5 }[key];
      const number = Number(value);
      if (!/^\d+(\.\d+)?$/.test(value) || number > most || (key === 'hot' && number === 0))
        return `${key} is '${value}', expected a number up to ${most}`;
      pattern[key] = key === 'seed' ? Math.floor(number) : number;
      return undefined;
    }
    default:
      return `there is no '${key}', expected one of ${Object.keys(DEFAULTS).join(', ')}`;
  }
}

const wrong = (message: string) => ({ ok: false, message }) as const;
