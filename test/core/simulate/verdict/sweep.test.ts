import { expect, test } from 'vitest';
import type { Scan } from '../../../../src/core/check/scan.js';
import { GUARDED_TYPES, TEMPLATES } from '../../../../src/core/overlap/types.js';
import { FATES } from '../../../../src/core/simulate/copy/fate.js';
import type { Engine } from '../../../../src/core/simulate/guard/judge.js';
import type { SimulatedOperation } from '../../../../src/core/simulate/copy/operation.js';
import { type Conflicts, sweep } from '../../../../src/core/simulate/verdict/sweep.js';
import { fateOf } from '../../../../src/core/simulate/verdict/verdict.js';
import { type Cell, VerdictTable } from '../../../../src/core/simulate/verdict/verdictTable.js';
import { kindsOf } from '../../../../src/core/map/cell.js';
import { BIT } from '../../../../src/core/map/kinds.js';
import { blockOffset } from '../../../../src/core/qcow2/entryTable.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { fileBytes } from '../../../images/pieces.js';
import { poke, poked } from '../../../images/pokes.js';
import { Random } from '../../../images/random.js';
import { builtImages } from '../../../peer/builtImages.js';
import { randomDamage } from '../../../peer/damage.js';
import { survey } from '../../../peer/survey.js';
import { damagedBytes, scannedBytes } from '../damagedBytes.js';
import { bytes, guestOffset } from '../../../../src/core/units.js';

/** Damaged copies of each image, and clusters of each that are held against a verdict of their own. */
const CASES = 5;
const PICKS = 12;

const ROOMY = {
  type: 'structures',
  bitmapSize: 65_536,
  totalSizeLimit: 2 ** 64,
  policy: 'evict',
} as const;
const COMMON = {
  cache: 'writethrough',
  sizes: {},
  discardNoUnref: false,
  surroundings: { allocatedBytes: undefined, inflate: undefined },
} as const;

/** A mode, or a single type. */
const randomTypes = (random: Random): number =>
  random.chance(0.75)
    ? random.pick(Object.values(TEMPLATES))
    : 1 << random.below(GUARDED_TYPES.length);

/** Structures with room for all, or that are refused memory now and then. */
const randomStructures = (random: Random): Extract<Engine, { type: 'structures' }> =>
  random.chance(0.6) ? ROOMY : { ...ROOMY, totalSizeLimit: random.between(200, 6000) };

function sweptUnder({ image, map }: Scan, guarded: number, engine: Engine): Conflicts {
  const steps = sweep(image, map, { ...COMMON, guarded, engine }, new Uint8Array(32));
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** What the verdict table says of a write of one cluster, in the words of the map. */
function verdicts(
  { image, map }: Scan,
  guarded: number,
  structures: Extract<Engine, { type: 'structures' }>,
  guest: number,
): Record<Engine['type'], string> {
  const { clusterSize, virtualSize } = image.geometry;
  const offset = guestOffset(guest * clusterSize);
  const length = bytes(Math.min(clusterSize, Number(virtualSize) - offset));
  const operations: SimulatedOperation[] = [{ type: 'write', offset, length }];
  const table = new VerdictTable(image, guarded, { ...COMMON, map, structures });
  while (table.step(operations));
  const row = table.rows(0).find((each) => each.guarded === guarded);
  const wordOf = (cell: Cell | undefined): string =>
    cell === undefined ? 'not known' : cell.type === 'refused' ? cell.type : fateOf(cell);
  return { today: wordOf(row?.today), structures: wordOf(row?.structures) };
}

/** Small ones: of larger clusters only the sizes differ. */
const recipes = builtImages().filter(({ name }) => !/c(16|18|21)/.test(name));
for (const [number, recipe] of recipes.entries())
  test(`the verdict on a cluster of ${recipe.name} is the colour of the conflict map`, () => {
    const random = new Random(3 + number);
    const file = recipe.build();
    const bytes = fileBytes(file);
    const places = survey(file);
    for (let i = 0; i < CASES; i++) {
      const damage = i === 0 ? { pokes: [] } : randomDamage(random, places);
      const [guarded, structures] = [randomTypes(random), randomStructures(random)];
      const scan = scannedBytes(damagedBytes(bytes, damage));
      if (!scan) continue;
      const today = sweptUnder(scan, guarded, { type: 'today' });
      const byStructures = sweptUnder(scan, guarded, structures);
      if (today.state === 'refused') continue;
      const wordOn = (conflicts: Conflicts, guest: number): string =>
        conflicts.state === 'refused' ? conflicts.state : FATES[conflicts.guest.glyph(guest)];
      for (let pick = Math.min(today.guest.clusters, PICKS); pick > 0; pick--) {
        const guest = random.below(today.guest.clusters);
        const found = { today: wordOn(today, guest), structures: wordOn(byStructures, guest) };
        // A map of too many classes says of some that it has not tried them.
        if (Object.values(found).includes('unknown')) continue;
        expect({ guest, ...found }, JSON.stringify({ guarded, structures, damage })).toEqual({
          guest,
          ...verdicts(scan, guarded, structures, guest),
        });
      }
    }
  });

test('a cluster in use that counts as free is the cause of what every allocating write does', () => {
  const file = layOut(new ImageBuilder({ virtualSize: 2 ** 20 }).write(0));
  const healthy = scannedBytes(fileBytes(file));
  if (!healthy) throw new Error('no layout');
  const data = Array.from({ length: healthy.map.clusters }, (_, cluster) => cluster).find(
    (cluster) => kindsOf(healthy.map.cell(cluster)) === BIT.data,
  );
  if (data === undefined) throw new Error('no data');
  const { geometry, refcountTable } = healthy.image;
  // Refcounts of 16 bits, all in the first block.
  const block = blockOffset(refcountTable.high(0), refcountTable.low(0));
  const scan = scannedBytes(fileBytes(poked(file, [poke(block + 2 * data, 0, 2)])));
  if (!scan) throw new Error('no layout');
  const swept = sweptUnder(scan, 0, { type: 'today' });
  if (swept.state === 'refused') throw new Error(swept.message);
  expect(swept.counts.find(({ fate }) => fate === 'overwrites')).toEqual({
    fate: 'overwrites',
    clusters: swept.guest.clusters - 1,
    causes: [
      {
        type: 'place',
        cluster: data,
        offset: data * geometry.clusterSize,
        kinds: ['data'],
        handedOut: true,
      },
    ],
    moreCauses: 0,
  });
});
