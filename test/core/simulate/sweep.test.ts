import { expect, test } from 'vitest';
import { memorySource } from '../../../src/core/byteSource.js';
import { scan } from '../../../src/core/layout/scan.js';
import { TEMPLATES } from '../../../src/core/overlap/types.js';
import { isLaidOut, openImage } from '../../../src/core/qcow2/image.js';
import { ClusterJudge } from '../../../src/core/simulate/clusterJudge.js';
import { FATES } from '../../../src/core/simulate/fate.js';
import type { SimulationSettings } from '../../../src/core/simulate/simulation.js';
import { sweep } from '../../../src/core/simulate/sweep.js';
import { pokedBytes } from '../../images/pokes.js';
import { fileBytes } from '../../images/pieces.js';
import { Random } from '../../images/random.js';
import { builtImages } from '../../peer/builtImages.js';
import { randomDamage } from '../../peer/damage.js';
import { survey } from '../../peer/survey.js';
import type { Damage } from '../../peer/slot.js';

/** Damaged copies of each image, and clusters of each that are held against a simulation of their own. */
const CASES = 5;
const PICKS = 40;

function finished<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

function damagedBytes(bytes: Uint8Array, damage: Damage): Uint8Array {
  const copy = bytes.slice(0, damage.size ?? bytes.length);
  for (const poke of damage.pokes) {
    const poked = pokedBytes(poke).subarray(0, Math.max(0, copy.length - poke.offset));
    if (poked.length > 0) copy.set(poked, poke.offset);
  }
  return copy;
}

const settings: SimulationSettings = {
  guarded: TEMPLATES.cached,
  engine: { type: 'today' },
  cache: 'writethrough',
  sizes: {},
  surroundings: { allocatedBytes: undefined, inflate: undefined },
};

const random = new Random(3);
/** Small ones: of larger clusters only the sizes differ. */
const recipes = builtImages().filter(({ name }) => !/c(16|18|21)/.test(name));
for (const recipe of recipes)
  test(`each cluster of ${recipe.name} meets the fate of its class`, () => {
    const file = recipe.build();
    const bytes = fileBytes(file);
    const places = survey(file);
    for (let number = 0; number < CASES; number++) {
      const damage = number === 0 ? { pokes: [] } : randomDamage(random, places);
      const image = openImage(memorySource(damagedBytes(bytes, damage)));
      if (!isLaidOut(image)) continue;
      const { map } = finished(scan(image));
      const conflicts = finished(sweep(image, map, settings, new Uint8Array(32)));
      if (conflicts.state === 'refused') continue;
      const judge = new ClusterJudge(image, map, settings);
      const picks = Math.min(conflicts.guest.clusters, PICKS);
      for (let i = 0; i < picks; i++) {
        const guest = random.below(conflicts.guest.clusters);
        const [swept, judged] = [conflicts.guest.glyph(guest), judge.judge(guest).fate];
        expect(`${guest}: ${FATES[swept]}`, JSON.stringify(damage)).toBe(
          `${guest}: ${FATES[judged]}`,
        );
      }
    }
  });
