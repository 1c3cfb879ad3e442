import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { Bases } from '../bases.js';
import { temporaryFolder } from '../qemu.js';
import { parseRegression } from '../regression.js';
import { compareRepairs, describeRepair } from './compareRepairs.js';
import { RepairSlot } from './repairSlot.js';
import { copyFileSync } from 'node:fs';
const R = join(import.meta.dirname, 'regressions');
test('show', async () => {
  const folder = temporaryFolder();
  const bases = new Bases(folder.path);
  for (const name of readdirSync(R).filter((n) => n.endsWith('.json'))) {
    const { base, damage } = parseRegression(readFileSync(join(R, name), 'utf8'));
    const slot = new RepairSlot(bases.get(base), join(folder.path, `regression-${name}`));
    slot.apply(damage);
    copyFileSync(slot.path, `/tmp/rep/case/${name.replace('.json', '.qcow2')}`);
    for (const mode of ['leaks', 'all'] as const)
      console.log(name, mode, describeRepair(await compareRepairs(slot, mode, false)));
    slot.close();
  }
  folder.remove();
});
