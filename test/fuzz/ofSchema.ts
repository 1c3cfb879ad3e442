import type { Random } from '../images/random.js';
import type { Survey } from '../peer/survey.js';
import { numberText, operation, pattern } from './texts.js';

/** Nodes of the file's tree, whether an image has them or not. */
const PATHS = [
  ...['', 'header', 'extensions', 'l1', 'l1/0', 'l1/0/0', 'l1/1/3', 'refcounts', 'refcounts/0'],
  ...['snapshots', 'snapshots/0', 'snapshots/0/l1', 'snapshots/0/l1/0', 'bitmaps', 'bitmaps/0'],
  ...['bitmaps/0/0', 'crypto', 'luks', 'x', '/', 'l1/-1', 'l1/9007199254740993', '__proto__'],
];
const SIZES = ['', '', '', '', '', '64K', '64K', '1M', '512', '4K', '128K', '16M', '8E'];
/** What a setting of a name may be; those of other names are sizes. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  overlapCheck: ['none', 'constant', 'cached', 'cached', 'all', 'all'],
  limitPolicy: ['evict', 'fail'],
  format: ['fio', 'csv'],
  volume: ['8,0'],
};
/** Kinds of findings, and a stranger. */
const CODES = ['l1-unaligned', 'l2-unaligned', 'l2-reserved-bits', 'constructor'];
/** What no field expects. */
const STRANGE: readonly unknown[] = [
  ...[undefined, null, -1, 0.5, NaN, Infinity, 2 ** 53, '', 'x'.repeat(5000), [], {}, true, 5n],
  new Uint8Array(3),
];

/** Draws values of a validator's schema, by what the schema says of itself. */
export class OfSchema {
  readonly #random: Random;
  readonly #places: Survey;

  constructor(random: Random, places: Survey) {
    this.#random = random;
    this.#places = places;
  }

  /** A value, mostly of the schema; `key`: the field that it is for. */
  value(schema: unknown, key = ''): unknown {
    if (this.#random.chance(0.004)) return this.#random.pick(STRANGE);
    switch (fieldOf(schema, 'type')) {
      case 'object':
        return Object.fromEntries(
          Object.entries(objectOf(schema, 'entries')).map(([name, field]) => [
            name,
            this.value(field, name),
          ]),
        );
      case 'variant':
        return this.value(this.#random.pick(arrayOf(schema, 'options')), key);
      case 'picklist':
        return this.#random.pick(arrayOf(schema, 'options'));
      case 'literal':
        return fieldOf(schema, 'literal');
      case 'optional':
        return this.#random.chance(0.5) ? undefined : this.value(fieldOf(schema, 'wrapped'), key);
      case 'boolean':
        return this.#random.chance(0.5);
      case 'array':
        return Array.from({ length: this.#random.below(6) }, () =>
          this.value(fieldOf(schema, 'item'), key),
        );
      case 'record':
        return this.#random.chance(0.7) ? {} : { 'main-header': true, 'refcount-block': false };
      case 'custom':
        return this.#random.pick(CODES);
      case 'number':
        return this.#number(limitOf(schema, 'max_value'));
      case 'string':
        return this.#text(key);
      default:
        throw new Error(`a schema of the type ${String(fieldOf(schema, 'type'))}`);
    }
  }

  #number(most: number): number {
    const random = this.#random;
    const { clusterSize, regions, fileSize } = this.#places;
    const number = ((): number => {
      switch (random.below(7)) {
        case 0:
          return random.pick(regions).offset;
        case 1:
          return Math.floor(random.pick(regions).offset / clusterSize);
        case 2:
          return Math.floor(fileSize / clusterSize) + random.between(-1, 2);
        case 3:
          return most;
        case 4:
          return random.chance(0.5) ? 2 ** random.below(53) : 2 ** 53 - 1 - random.below(3);
        default:
          return random.below(40);
      }
    })();
    return Math.max(0, Math.min(most, number));
  }

  #text(key: string): string {
    const random = this.#random;
    switch (key) {
      case 'operations':
        return operation(random, this.#places);
      case 'path':
        return random.pick(PATHS);
      case 'text':
        return pattern(random, this.#places);
      default:
        if (random.chance(0.05)) return numberText(random, this.#places);
        return random.pick(Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : SIZES);
    }
  }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function objectOf(value: unknown, name: string): object {
  const found = fieldOf(value, name);
  if (typeof found !== 'object' || found === null) throw new Error(`no ${name}`);
  return found;
}

function arrayOf(value: unknown, name: string): readonly unknown[] {
  const found = fieldOf(value, name);
  if (!Array.isArray(found)) throw new Error(`no ${name}`);
  return found;
}

/** The bound that an action of a schema's pipe sets. */
function limitOf(schema: unknown, type: string): number {
  let limit = Number.MAX_SAFE_INTEGER;
  const pipe = fieldOf(schema, 'pipe');
  if (!Array.isArray(pipe)) return limit;
  for (const action of pipe) {
    if (action !== schema && Array.isArray(fieldOf(action, 'pipe')))
      limit = Math.min(limit, limitOf(action, type));
    const requirement = fieldOf(action, 'requirement');
    if (fieldOf(action, 'type') === type && typeof requirement === 'number')
      limit = Math.min(limit, requirement);
  }
  return limit;
}
