import { hasKeys, parseDamage } from '../regression.js';
import type { Damage } from '../slot.js';

/** How the image is opened: options of QEMU's driver, and qemu-io's cache mode. */
export interface Opening {
  /** `overlap-check.template`, `l2-cache-size` and so on, in order. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly cache: 'writethrough' | 'writeback';
}

/** What is done to which image. */
export interface SimulationCase {
  /** A base by name. */
  readonly base: string;
  readonly damage: Damage;
  readonly opening: Opening;
  /** Lines as `qcow2-lens simulate --ops` takes them; the image is closed behind the last one. */
  readonly operations: readonly string[];
}

export function formatCase(simulation: SimulationCase): string {
  return `${JSON.stringify(simulation, undefined, 2)}\n`;
}

/** Throws when the text is not what `formatCase` writes. */
export function parseCase(text: string): SimulationCase {
  const value: unknown = JSON.parse(text);
  if (!hasKeys(value, 'base', 'damage', 'opening', 'operations')) {
    throw new Error('a case has a base, a damage, an opening and operations');
  }
  return {
    base: textOf(value.base),
    damage: parseDamage(value.damage),
    opening: parseOpening(value.opening),
    operations: listOf(value.operations).map(textOf),
  };
}

function parseOpening(value: unknown): Opening {
  if (!hasKeys(value, 'options', 'cache')) throw new Error('an opening has options and a cache');
  const { cache } = value;
  if (cache !== 'writethrough' && cache !== 'writeback') throw new Error('no such cache mode');
  const options = listOf(value.options).map((option) => {
    const [name, setting] = listOf(option);
    return [textOf(name), textOf(setting)] as const;
  });
  return { options, cache };
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not a text');
  return value;
}
