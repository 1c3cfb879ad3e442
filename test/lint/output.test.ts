import { ESLint, Linter } from 'eslint';
import { expect, test } from 'vitest';
import { root } from '../../scripts/lib/repository.mjs';

const RULES = ['no-restricted-properties', 'no-restricted-syntax', 'no-console'];

/** Once for the function, once for another rule that has it too. */
const TWICE = ['no-restricted-syntax', 'no-restricted-syntax'];

/** The messages of the repository's own rules on output, which need no types. */
async function refusals(filePath: string, code: string): Promise<string[]> {
  const config: unknown = await new ESLint({ cwd: root }).calculateConfigForFile(filePath);
  if (typeof config !== 'object' || config === null || !('rules' in config)) return ['no rules'];
  const rules = Object.fromEntries(
    Object.entries(config.rules ?? {}).filter(([name]) => RULES.includes(name)),
  );
  return new Linter().verify(code, [{ rules }]).map(({ ruleId, message }) => ruleId ?? message);
}

test.each([
  ['src/cli/info/info.ts', `process.stdout.write('x');`, ['no-restricted-properties']],
  ['src/cli/info/info.ts', `process.stderr.write('x');`, ['no-restricted-properties']],
  ['src/cli/info/info.ts', `console.log('x');`, ['no-console']],
  ['src/cli/info/info.ts', `import { writeSync } from 'node:fs';`, TWICE],
  ['src/cli/info/info.ts', `import { readFileSync } from 'node:fs';`, ['no-restricted-syntax']],
  ['src/cli/info/info.ts', `import { existsSync, statSync } from 'node:fs';`, []],
  ['src/cli/frame/output.ts', `import { writeSync } from 'node:fs';`, []],
  // Images are opened in one place, and written nowhere.
  ['src/editor/panel.ts', `import { openSync } from 'node:fs';`, ['no-restricted-syntax']],
  ['src/editor/panel.ts', `import { utimesSync } from 'fs';`, ['no-restricted-syntax']],
  ['src/editor/panel.ts', `import * as fs from 'node:fs';`, ['no-restricted-syntax']],
  ['src/editor/panel.ts', `import fs from 'node:fs';`, ['no-restricted-syntax']],
  ['src/node/imageWorker.ts', `import { open } from 'node:fs/promises';`, TWICE],
  ['src/node/imageWorker.ts', `const fs = await import('node:fs');`, ['no-restricted-syntax']],
  ['src/core/work.ts', `import { createReadStream } from 'node:fs';`, ['no-restricted-syntax']],
  ['src/node/fileSource.ts', `import { openSync, readSync } from 'node:fs';`, []],
  ['src/node/fileSource.ts', `import { writeSync } from 'node:fs';`, ['no-restricted-syntax']],
  ['src/node/workloadFile.ts', `import { unlinkSync } from 'node:fs';`, ['no-restricted-syntax']],
])('%s: %s', async (filePath, code, expected) => {
  expect(await refusals(filePath, code)).toEqual(expected);
});
