// `npm test [-- suite …]`: every suite, or those whose names start with the given words. On a fresh
// clone it installs what it needs first; what must be there before that is Node, and nothing else.
import { installPackages, installPrograms } from './lib/install.mjs';
import { oneTest } from './lib/suite.mjs';
import { parseArgs } from 'node:util';

/** @import { Outcome, Suite } from './lib/suite.mjs' */

/** @param {number} start of performance.now() */
const seconds = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/**
 * @param {Suite} suite
 * @param {string | undefined} cases
 * @returns {Promise<Outcome>}
 */
async function attempt({ run }, cases) {
  try {
    return await run({ cases });
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1, skipped: [] };
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string' } },
});
const beginning = performance.now();
await installPackages();
await installPrograms();
const { suites } = await import('./lib/suites.mjs');
const unknown = positionals.find((word) => !suites.some(({ name }) => name.startsWith(word)));
if (unknown !== undefined) {
  const names = suites.map(({ name }) => name).join(', ');
  console.error(`test: no suite is named ${unknown}…; there are ${names}`);
  process.exit(1);
}
const chosen = suites.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.startsWith(word)),
);
const inCi = (process.env.CI ?? '') !== '';
let passed = 0;
let failed = 0;
/** @type {string[]} */
const lines = [];
/** @type {Set<string>} */
const broken = new Set();
for (const suite of chosen) {
  console.log(`\n── ${suite.name} ──`);
  const start = performance.now();
  const missing = suite.needs !== undefined && broken.has(suite.needs) ? suite.needs : undefined;
  if (missing !== undefined) console.log(`not run: ${missing} is broken`);
  const outcome = missing === undefined ? await attempt(suite, values.cases) : oneTest(false);
  const failures = outcome.failed + (inCi ? outcome.skipped.length : 0);
  if (outcome.broken) broken.add(suite.name);
  passed += outcome.passed;
  failed += failures;
  const mark = failures > 0 ? '✗' : '✓';
  const counts = `${outcome.passed} passed, ${failures} failed`;
  lines.push(`${mark} ${suite.name.padEnd(24)} ${counts.padEnd(26)} ${seconds(start)}`);
  for (const failure of outcome.failures ?? []) lines.push(`  failed: ${failure}`);
  for (const why of outcome.skipped) lines.push(`  skipped: ${why}`);
}
console.log(`\n${lines.join('\n')}\nin ${seconds(beginning)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
