import { run } from './processes.mjs';
import { inRoot, node24 } from './repository.mjs';
import { oneTest } from './suite.mjs';

/** @import { Suite } from './suite.mjs' */

/**
 * @param {string} script inside node_modules
 * @param {...string} args
 */
async function tool(script, ...args) {
  const words = [inRoot('node_modules', script), ...args];
  const { code, output } = await run(node24, words, { quiet: true });
  return oneTest(code === 0, output);
}

const TYPESCRIPT = 'typescript/bin/tsc';

/**
 * The longest first: the others fit beside it.
 * @type {readonly Suite[]}
 */
export const staticSuites = [
  {
    name: 'eslint',
    beside: true,
    run: () => tool('eslint/bin/eslint.js', '--max-warnings=0', '.'),
  },
  {
    name: 'prettier',
    beside: true,
    run: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  },
  {
    name: 'exports',
    beside: true,
    run: async () => {
      const { unusedExports } = await import('./unusedExports.mjs');
      const unused = unusedExports();
      const told = unused.map((name) => `exported, but no other file imports it: ${name}\n`);
      return oneTest(unused.length === 0, told.join(''));
    },
  },
  ...[
    { part: 'host', project: 'tsconfig.json' },
    { part: 'webview', project: 'webview/tsconfig.json' },
    { part: 'webview-tests', project: 'test/webview/tsconfig.json' },
    { part: 'e2e', project: 'test/e2e/tsconfig.json' },
  ].map(({ part, project }) => ({
    name: `typecheck-${part}`,
    beside: true,
    run: () => tool(TYPESCRIPT, '--project', project),
  })),
];
