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
  const { base, damage } = value;
  if (!hasKeys(damage, 'pokes') || !Array.isArray(damage.pokes)) {
    throw new Error('a damage has pokes');
  }
  const pokes = damage.pokes.map(parsePoke);
  const size = hasKeys(damage, 'size') ? damage.size : undefined;
  return { base, damage: typeof size === 'number' ? { pokes, size } : { pokes } };
}

function parsePoke(value: unknown): Poke {
  if (!hasKeys(value, 'offset', 'hex')) throw new Error('a poke has an offset and hex digits');
  const { offset, hex } = value;
  if (typeof offset !== 'number' || typeof hex !== 'string')
    throw new Error('a poke of other types');
  return { offset, hex };
}

function hasKeys<K extends string>(value: unknown, ...keys: K[]): value is Record<K, unknown> {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
