import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { FuzzCase } from './cases.js';
import slotsWithoutEnd from './kept/slots-without-end.json' with { type: 'json' };
import { Rounds } from './rounds.js';

const CASES = Number(process.env.QCOW2_FUZZ_CASES ?? 1000);
/** The same each time: `npm run fuzz` draws others. */
const SEED = Number(process.env.QCOW2_FUZZ_SEED ?? 20261124);

const rounds = await Rounds.open(join(import.meta.dirname, '../core/workload/samples'));
afterAll(() => {
  rounds.close();
});

/** What was found once. */
const KEPT: readonly [string, FuzzCase][] = [
  [
    'a cache of structures of 8 EiB, as JSON',
    { ...slotsWithoutEnd, does: { ...slotsWithoutEnd.does, what: 'command' } },
  ],
];
test.each(KEPT)('%s', async (_, kept) => {
  expect((await rounds.one(kept)).faults).toEqual([]);
});

test(
  `${String(CASES)} images made worse, and what a user may do with them`,
  async () => {
    await rounds.run(SEED, 0, CASES);
    const { endings, slowest } = rounds.outcome;
    const told = [...endings].sort().map(([ending, count]) => `${ending}: ${String(count)}`);
    console.log(
      `QCOW2_FUZZ_SEED=${String(SEED)}, slowest ${slowest.toFixed(0)} ms\n${told.join('\n')}`,
    );
    // Time is what `npm run fuzz` looks at: a machine that others use is slow at times.
    const faults = rounds.outcome.faults.filter(
      (fault) => !/^case \d+ of \d+: \d+ ms\n/.test(fault),
    );
    expect(faults.join('\n\n')).toBe('');
  },
  24 * 3600 * 1000,
);
