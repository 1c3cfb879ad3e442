import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SEED } from '../peer/seed.js';
import { Rounds } from './rounds.js';

const CASES = Number(process.env.QCOW2_FUZZ_CASES ?? 2000);

const rounds = await Rounds.open(join(import.meta.dirname, '../core/workload/samples'));
afterAll(() => {
  rounds.close();
});

test(
  `${String(CASES)} images made worse, and what a user may do with them`,
  async () => {
    await rounds.run(SEED, 0, CASES);
    const { endings, slowest } = rounds.outcome;
    const told = [...endings].sort().map(([ending, count]) => `${ending}: ${String(count)}`);
    console.log(
      `QCOW2_PEER_SEED=${String(SEED)}, slowest ${slowest.toFixed(0)} ms\n${told.join('\n')}`,
    );
    expect(rounds.outcome.faults.join('\n\n')).toBe('');
  },
  24 * 3600 * 1000,
);
