import { existsSync, readFileSync, rmSync } from 'node:fs';
import { run } from './processes.mjs';
import { inRoot, node24 } from './repository.mjs';

/** @import { Outcome } from './suite.mjs' */

/**
 * Runs a project of vitest.config.ts.
 * @param {string} project
 * @param {Record<string, string>} [env]
 * @returns {Promise<Outcome>}
 */
export async function vitest(project, env = {}) {
  const report = inRoot('out', `vitest-${project}.json`);
  rmSync(report, { force: true });
  const { code } = await run(
    node24,
    [
      ...[inRoot('node_modules/vitest/vitest.mjs'), 'run', '--project', project],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { env: { ...process.env, ...env } },
  );
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
  const found = JSON.parse(readFileSync(report, 'utf8'));
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = found;
  const left = numPendingTests + numTodoTests;
  return {
    passed: numPassedTests,
    // A file that cannot be loaded has no failing test, yet vitest's exit code tells.
    failed: code === 0 ? numFailedTests : Math.max(1, numFailedTests),
    skipped: left > 0 ? [`${left} tests of vitest's project ${project}`] : [],
    failures: failuresOf(found),
  };
}

/**
 * The name of each test that failed, and the first line of why.
 * @param {{ testResults: { assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }[] }} report
 */
function failuresOf({ testResults }) {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages[0]?.split('\n')[0]}`);
}
