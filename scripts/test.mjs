// `npm test [-- suite …]`: every suite, or those whose names start with the given words. On a fresh
// clone it installs what it needs first; what must be there before that is Node, and nothing else.
// `--cases N`: so many random cases of each kind against QEMU. `--qemu DIR`: with the qemu-img and
// qemu-io of a folder; `--qemu-suite sid`: with those of a suite of Debian (scripts/getQemu.mjs).
import { installPackages, installPrograms } from './lib/install.mjs';
import { unpackQemu, useQemu } from './lib/qemuTools.mjs';
import { oneTest } from './lib/suite.mjs';
import { availableParallelism } from 'node:os';
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
  options: {
    cases: { type: 'string' },
    qemu: { type: 'string' },
    'qemu-suite': { type: 'string' },
  },
});
const beginning = performance.now();
try {
  const suite = values['qemu-suite'];
  const tools = suite === undefined ? values.qemu : await unpackQemu(suite);
  if (tools !== undefined) useQemu(tools);
} catch (error) {
  console.error(`test: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
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

/** @param {Suite} suite */
async function runSuite(suite) {
  if (!suite.beside) console.log(`\n── ${suite.name} ──`);
  const start = performance.now();
  const missing = suite.needs !== undefined && broken.has(suite.needs) ? suite.needs : undefined;
  if (missing !== undefined) console.log(`not run: ${missing} is broken`);
  const outcome = missing === undefined ? await attempt(suite, values.cases) : oneTest(false);
  if (suite.beside) console.log(`\n── ${suite.name} ──`);
  if (outcome.output) process.stdout.write(outcome.output);
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

const besides = chosen.filter(({ beside }) => beside);
if (besides.length > 1)
  console.log(`Running ${besides.map(({ name }) => name).join(', ')}, two at a time …`);
const queue = besides.values();
await Promise.all(
  Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (const suite of queue) await runSuite(suite);
  }),
);
for (const suite of chosen) if (!suite.beside) await runSuite(suite);
console.log(`\n${lines.join('\n')}\nin ${seconds(beginning)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
