import { afterAll, describe, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../qemu.js';
import { qemuVersion, versionText } from '../qemuVersion.js';
import { describeVerdict } from './compareWrites.js';
import { knowsDiscardNoUnref, setsDiscardNoUnref } from './randomOpening.js';
import { formatCase, parseCase } from './simulationCase.js';
import { WriteFuzz, type Disagreement } from './writeFuzz.js';
import { SEED } from '../seed.js';

const CASES = Number(process.env.QCOW2_PEER_CASES ?? 1500);
const REGRESSIONS = join(import.meta.dirname, 'regressions');

describe('the simulator and qemu-io', () => {
  const folder = temporaryFolder();
  const fuzz = new WriteFuzz(folder.path);
  afterAll(() => {
    folder.remove();
  });

  const regressions = readdirSync(REGRESSIONS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, simulation: parseCase(readFileSync(join(REGRESSIONS, name), 'utf8')) }))
    .filter(({ simulation }) => knowsDiscardNoUnref() || !setsDiscardNoUnref(simulation.opening));

  test.for(regressions)('agree again on $name', ({ simulation }) => {
    expect(describeVerdict(fuzz.verdict(simulation))).toBe('agreed');
  });

  test(
    `agree on ${String(CASES)} lists of operations`,
    async () => {
      console.log(`qemu-io ${versionText(qemuVersion())}, QCOW2_PEER_SEED=${String(SEED)}`);
      await fuzz.run(SEED, CASES);
      console.log(fuzz.summary());
      expect(fuzz.disagreements.map(keep).join('\n')).toBe('');
    },
    24 * 3600 * 1000,
  );
});

/** Writes a failing case where the next run replays it, and tells about it. */
function keep({ number, simulation, differences }: Disagreement): string {
  const text = formatCase(simulation);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const name = `${simulation.base}-${hash}.json`;
  writeFileSync(join(REGRESSIONS, name), text);
  return [`case ${String(number)}: ${name}`, ...differences.slice(0, 12)].join('\n  ');
}
