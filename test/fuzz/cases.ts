import type { Command } from '../../src/cli/frame/command.js';
import { QUESTIONS } from '../../src/protocol/questions.js';
import { Random } from '../images/random.js';
import type { Poke } from '../images/pokes.js';
import { randomDamage } from '../peer/damage.js';
import type { Damage } from '../peer/slot.js';
import type { Survey } from '../peer/survey.js';
import type { FuzzBases } from './bases.js';
import { OfSchema } from './ofSchema.js';
import { operations, worseLog } from './texts.js';
import { words } from './words.js';

/** A message to the worker, and how many slices of work it does before. */
export interface Asked {
  readonly slices: number;
  readonly message: unknown;
}

/** An image made worse, and what is done with it; as JSON can hold it, but for odd queries. */
export interface FuzzCase {
  readonly base: string;
  readonly damage: Damage;
  readonly does:
    | {
        readonly what: 'command';
        readonly words: readonly string[];
        readonly operations: string;
        readonly log: string;
      }
    | { readonly what: 'questions'; readonly asked: readonly Asked[] };
}

/** What cases are drawn from. */
export interface Drawing {
  readonly bases: FuzzBases;
  readonly commands: readonly Command[];
  readonly logs: readonly string[];
}

const METHODS = Object.keys(QUESTIONS);

/** The case of a number: the same of a seed each time. */
export function caseOf(seed: number, number: number, drawing: Drawing): FuzzCase {
  const random = new Random(seed + number * 0x9e3779b1);
  const base = drawing.bases.pick(random);
  const { places } = drawing.bases.get(base);
  const damage = damageOf(random, places);
  if (random.chance(0.25))
    return { base, damage, does: { what: 'questions', asked: asked(random, places) } };
  return {
    base,
    damage,
    does: {
      what: 'command',
      words: words(random, places, drawing.commands),
      operations: operations(random, places).join('\n'),
      log: worseLog(random, places, random.pick(drawing.logs)),
    },
  };
}

/** Now and then none; else that of test/peer, and whole structures written over others. */
function damageOf(random: Random, places: Survey): Damage {
  if (random.chance(0.05)) return { pokes: [] };
  const damage = randomDamage(random, places);
  if (!random.chance(0.2)) return damage;
  const from = random.pick(places.regions);
  const to = random.pick(places.regions);
  const length = Math.min(from.length, to.length, 512);
  const copied: Poke = { offset: to.offset, hex: hexOf(places, from.offset, length) };
  const filled: Poke = {
    offset: to.offset,
    hex: random.pick(['ff', '00', '80', '01']).repeat(Math.min(to.length, 256)),
  };
  return { ...damage, pokes: [...damage.pokes, random.chance(0.6) ? copied : filled] };
}

function hexOf(places: Survey, offset: number, length: number): string {
  let hex = '';
  for (let at = 0; at + 8 <= length; at += 8)
    hex += places
      .read(offset + at, 8)
      .toString(16)
      .padStart(16, '0');
  return hex;
}

function asked(random: Random, places: Survey): Asked[] {
  const drawn = new OfSchema(random, places);
  return Array.from({ length: random.between(1, 10) }, (_, id) => {
    const method = random.pick(METHODS);
    const question = Object.entries(QUESTIONS).find(([name]) => name === method);
    const query = drawn.value(question?.[1].query);
    return {
      slices: random.pick([0, 0, 1, 5, 100]),
      message: { type: 'request', request: { id, method, query } },
    };
  });
}
