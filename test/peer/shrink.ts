import type { Poke } from '../images/pokes.js';
import type { Damage } from './slot.js';

/**
 * A smaller damage for which `fails` still holds: pokes are dropped, then their single bytes, then
 * the new length, until nothing more can go.
 */
export async function shrink(
  damage: Damage,
  fails: (candidate: Damage) => Promise<boolean>,
): Promise<Damage> {
  let smallest: Damage = { ...damage, pokes: damage.pokes.flatMap(singleBytes) };
  if (!(await fails(smallest))) smallest = damage;
  if (smallest.size !== undefined && (await fails({ pokes: smallest.pokes }))) {
    smallest = { pokes: smallest.pokes };
  }
  for (let step = Math.ceil(smallest.pokes.length / 2); step >= 1; step = Math.floor(step / 2)) {
    for (let at = 0; at < smallest.pokes.length;) {
      const candidate = {
        ...smallest,
        pokes: smallest.pokes.filter((_, index) => index < at || index >= at + step),
      };
      if (await fails(candidate)) smallest = candidate;
      else at += step;
    }
  }
  return { ...smallest, pokes: joined(smallest.pokes) };
}

function singleBytes(poke: Poke): Poke[] {
  return Array.from({ length: poke.hex.length / 2 }, (_, index) => ({
    offset: poke.offset + index,
    hex: poke.hex.slice(index * 2, index * 2 + 2),
  }));
}

/** Neighbours in the list that are neighbours in the file become one poke. */
function joined(pokes: readonly Poke[]): Poke[] {
  const result: Poke[] = [];
  for (const poke of pokes) {
    const last = result.at(-1);
    if (last !== undefined && last.offset + last.hex.length / 2 === poke.offset) {
      result[result.length - 1] = { offset: last.offset, hex: last.hex + poke.hex };
    } else result.push(poke);
  }
  return result;
}
