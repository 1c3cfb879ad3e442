import { run } from './processes.mjs';
import { inRoot, node24 } from './repository.mjs';
import { oneTest } from './suite.mjs';

/** @import { Suite } from './suite.mjs' */

/**
 * @param {string} script inside node_modules
 * @param {...string} args
 */
async function tool(script, ...args) {
  const { code } = await run(node24, [inRoot('node_modules', script), ...args]);
  return oneTest(code === 0);
}

const TYPESCRIPT = 'typescript/bin/tsc';

/** @type {readonly Suite[]} */
export const staticSuites = [
  {
    name: 'prettier',
    run: () => tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
  },
  { name: 'eslint', run: () => tool('eslint/bin/eslint.js', '--max-warnings=0', '.') },
  {
    name: 'exports',
    run: async () => {
      const { unusedExports } = await import('./unusedExports.mjs');
      const unused = unusedExports();
      for (const name of unused) console.log(`exported, but no other file imports it: ${name}`);
      return oneTest(unused.length === 0);
    },
  },
  ...[
    { part: 'host', project: 'tsconfig.json' },
    { part: 'webview', project: 'webview/tsconfig.json' },
    { part: 'webview-tests', project: 'test/webview/tsconfig.json' },
    { part: 'e2e', project: 'test/e2e/tsconfig.json' },
  ].map(({ part, project }) => ({
    name: `typecheck-${part}`,
    run: () => tool(TYPESCRIPT, '--project', project),
  })),
];
