import type { Poke } from '../images/pokes.js';
import type { Damage } from './slot.js';

/** A case that once failed: a base by name, and what was done to it. */
export interface Regression {
  readonly base: string;
  readonly damage: Damage;
}

export function formatRegression(regression: Regression): string {
  return `${JSON.stringify(regression, undefined, 2)}\n`;
}

/** Throws when the text is not what `formatRegression` writes. */
export function parseRegression(text: string): Regression {
  const value: unknown = JSON.parse(text);
  if (!hasKeys(value, 'base', 'damage') || typeof value.base !== 'string') {
    throw new Error('a regression names a base and a damage');
  }
  return { base: value.base, damage: parseDamage(value.damage) };
}

/** Throws when the value is not a `Damage`. */
export function parseDamage(value: unknown): Damage {
  if (!hasKeys(value, 'pokes') || !Array.isArray(value.pokes)) {
    throw new Error('a damage has pokes');
  }
  const pokes = value.pokes.map(parsePoke);
  const size = hasKeys(value, 'size') ? value.size : undefined;
  return typeof size === 'number' ? { pokes, size } : { pokes };
}

function parsePoke(value: unknown): Poke {
  if (!hasKeys(value, 'offset', 'hex')) throw new Error('a poke has an offset and hex digits');
  const { offset, hex } = value;
  if (typeof offset !== 'number' || typeof hex !== 'string')
    throw new Error('a poke of other types');
  return { offset, hex };
}

/** Whether the value is an object with these keys. */
export function hasKeys<K extends string>(
  value: unknown,
  ...keys: K[]
): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
