import { afterAll, describe, expect, test } from 'vitest';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bases } from './bases.js';
import { compareChecks, describeVerdict } from './compare.js';
import { temporaryFolder } from './qemu.js';
import { parseRegression } from './regression.js';
import { Slot } from './slot.js';

const REGRESSIONS = join(import.meta.dirname, 'regressions');

describe('our check and qemu-img check', () => {
  const folder = temporaryFolder();
  const bases = new Bases(folder.path);
  afterAll(() => {
    folder.remove();
  });

  test.for(bases.names)('agree on %s', async (name) => {
    const slot = new Slot(bases.get(name), join(folder.path, `check-${name}`));
    const verdict = await compareChecks(slot);
    slot.close();
    expect(describeVerdict(verdict)).toBe('agreed');
  });

  test.for(readdirSync(REGRESSIONS).filter((name) => name.endsWith('.json')))(
    'agree again on %s',
    async (name) => {
      const { base, damage } = parseRegression(readFileSync(join(REGRESSIONS, name), 'utf8'));
      const slot = new Slot(bases.get(base), join(folder.path, `regression-${name}`));
      slot.apply(damage);
      const verdict = await compareChecks(slot);
      slot.close();
      expect(describeVerdict(verdict)).toBe('agreed');
    },
  );
});
