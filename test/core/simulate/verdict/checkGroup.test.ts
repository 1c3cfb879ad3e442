import { expect, test } from 'vitest';
import type { Engine } from '../../../../src/core/simulate/guard/judge.js';
import { parseSimulatedOperation } from '../../../../src/core/simulate/copy/operation.js';
import { Run } from '../../../../src/core/simulate/verdict/operationRun.js';
import { type Cell, VerdictTable } from '../../../../src/core/simulate/verdict/verdictTable.js';
import { fileBytes } from '../../../images/pieces.js';
import { Random } from '../../../images/random.js';
import { randomOperations } from '../../../peer/simulate/randomOperations.js';
import { writeDamage } from '../../../peer/simulate/writeDamage.js';
import { writeImages } from '../../../peer/simulate/writeImages.js';
import { writePlaces } from '../../../peer/simulate/writePlaces.js';
import { damagedBytes, scannedBytes } from '../damagedBytes.js';

/** Damaged copies of each image, each with a list of operations. */
const CASES = 3;

const COMMON = {
  cache: 'writeback',
  sizes: {},
  discardNoUnref: false,
  surroundings: { allocatedBytes: undefined, inflate: undefined },
} as const;

const recipes = writeImages().filter(({ name }) => !/c(14|16)/.test(name));
for (const [number, recipe] of recipes.entries())
  test(`checks that share a simulation of ${recipe.name} say what each says alone`, () => {
    const random = new Random(70 + number);
    const file = recipe.build();
    const bytes = fileBytes(file);
    const places = writePlaces({ name: '', file, sideFiles: new Map(), isEncrypted: false });
    for (let i = 0; i < CASES; i++) {
      const scan = scannedBytes(damagedBytes(bytes, writeDamage(random, places)));
      const lines = [1, 2].flatMap(() => randomOperations(random, places));
      const operations = lines.flatMap((line) => {
        const parsed = parseSimulatedOperation(line);
        return parsed.ok ? [parsed.value] : [];
      });
      if (!scan || operations.length === 0) continue;
      const { image, map } = scan;
      const structures = {
        type: 'structures',
        bitmapSize: 65_536,
        totalSizeLimit: random.chance(0.5) ? 2 ** 64 : random.between(100, 4000),
        policy: random.chance(0.5) ? 'evict' : 'fail',
      } as const;
      const table = new VerdictTable(image, random.below(512), { ...COMMON, map, structures });
      while (table.step(operations));
      for (const { guarded, ...cells } of table.rows(operations.length - 1)) {
        const alone = (engine: Engine): Cell | undefined => {
          const run = new Run(image, { ...COMMON, map, guarded, engine });
          while (run.step(operations));
          return run.opened?.ok === false
            ? { type: 'refused', message: run.opened.message }
            : run.verdicts.at(-1);
        };
        expect(
          { today: cells.today, structures: cells.structures },
          JSON.stringify({ i, guarded, structures, lines }),
        ).toEqual({ today: alone({ type: 'today' }), structures: alone(structures) });
      }
    }
  });
