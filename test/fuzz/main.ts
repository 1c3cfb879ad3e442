import { Rounds } from './rounds.js';

/** Many cases in one process: SAMPLES CASES SEED FIRST. Says every fault when it is found. */
const [samples, cases, seed, first] = process.argv.slice(2);
const AT_ONCE = 500;
const end = Number(first) + Number(cases);
const rounds = await Rounds.open(samples);
const start = performance.now();
let told = 0;
for (let from = Number(first); from < end; from += AT_ONCE) {
  await rounds.run(Number(seed), from, Math.min(end, from + AT_ONCE));
  const { faults, slowest } = rounds.outcome;
  for (; told < faults.length; told++) console.log(faults[told]);
  const done = Math.min(end, from + AT_ONCE);
  const seconds = Math.round((performance.now() - start) / 1000);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${done} cases, ${faults.length} kinds of faults, ${seconds} s, slowest ${Math.round(slowest)} ms, peak ${peak} MiB`,
  );
}
rounds.close();
const { endings, errors, faults } = rounds.outcome;
for (const counts of [endings, errors])
  console.log(
    [...counts]
      .sort()
      .map(([what, count]) => `${count} ${what}`)
      .join('\n'),
  );
process.exitCode = faults.length > 0 ? 1 : 0;
