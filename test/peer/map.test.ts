import { afterAll, describe, expect, test } from 'vitest';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../images/random.js';
import { type Base, Bases } from './bases.js';
import { compareMaps, type MapVerdict } from './compareMaps.js';
import { randomDamage } from './damage.js';
import { dense } from './dense.js';
import { temporaryFolder } from './qemu.js';
import { formatRegression } from './regression.js';
import { type Damage, Slot } from './slot.js';
import { type Survey, survey } from './survey.js';

const CASES = Number(process.env.QCOW2_PEER_CASES ?? 200);
const SEED = Number(process.env.QCOW2_PEER_SEED ?? 7);

describe('our map and qemu-img map', () => {
  const folder = temporaryFolder();
  const bases = new Bases(folder.path);
  const casesEach = Math.ceil(CASES / bases.names.length);
  const outcomes = new Map<string, number>();
  afterAll(() => {
    folder.remove();
    console.log(
      [...outcomes]
        .sort()
        .map(([what, count]) => `${what}: ${String(count)}`)
        .join('\n'),
    );
  });

  /** The differences, undefined when there are none. */
  function counted(verdict: MapVerdict): readonly string[] | undefined {
    const outcome =
      verdict.type === 'agreed'
        ? `agreed, exit code ${String(verdict.exitCode)}`
        : verdict.type === 'left-out'
          ? `left out, ${verdict.rule}`
          : verdict.type;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return verdict.type === 'disagreed' ? verdict.differences : undefined;
  }

  test.concurrent.for(bases.names)('agree on %s, healthy and damaged', async (name) => {
    const base = bases.get(name);
    const slot = new Slot(written(base), join(folder.path, `map-${name}`));
    expect(counted(await compareMaps(slot, 'json'))).toBeUndefined();
    expect(counted(await compareMaps(slot, 'human'))).toBeUndefined();
    if (base.sideFiles.size > 0 && !base.isEncrypted)
      expect(counted(await compareMaps(slot, 'json', 'this layer'))).toBeUndefined();

    const places = survey(base.file);
    const random = new Random(SEED + bases.names.indexOf(name) * 0x9e3779b1);
    for (let number = 0; number < casesEach; number++) {
      // Most damage is to what a map does not read: every other case is to what it does.
      let damage = randomDamage(random, places);
      while (number % 2 === 0 && !isOfGuestTables(damage, places))
        damage = randomDamage(random, places);
      apply(slot, damage);
      const differences = counted(await compareMaps(slot, 'json'));
      slot.heal();
      expect(differences, formatRegression({ base: name, damage })).toBeUndefined();
    }
    slot.close();
    rmSync(slot.folder, { recursive: true });
  });
});

function written(base: Base): Base {
  const sideFiles = [...base.sideFiles].map(([name, file]) => [name, dense(file)] as const);
  return { ...base, file: dense(base.file), sideFiles: new Map(sideFiles) };
}

function isOfGuestTables(damage: Damage, places: Survey): boolean {
  const tables = places.tables.filter(({ kind }) => kind === 'l1' || kind === 'l2');
  return damage.pokes.some(({ offset }) =>
    tables.some((table) => offset >= table.offset && offset < table.offset + table.entries * 8),
  );
}

/** Damages the image and leaves no hole in it where it has grown. */
function apply(slot: Slot, damage: Damage): void {
  slot.apply(damage);
  const { size } = slot.base.file;
  if (damage.size === undefined || damage.size <= size) return;
  const tail = new Uint8Array(damage.size - size);
  const handle = openSync(slot.path, 'r+');
  readSync(handle, tail, 0, tail.length, size);
  writeSync(handle, tail, 0, tail.length, size);
  closeSync(handle);
}
