import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const webview = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../webview', name), 'utf8');
const all = readFileSync(
  createRequire(import.meta.url).resolve('@vscode/codicons/dist/codicon.css'),
  'utf8',
);

test('every icon that can be named is in the style sheet, as VS Code has it', () => {
  const named = [...webview('parts/icon.tsx').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(10);
  const ours = webview('styles/codicons.css').matchAll(
    /\.codicon-([a-z-]+)::before \{\s*content: '\\([0-9a-f]+)';/g,
  );
  const theirs = new Map(
    [...all.matchAll(/\.codicon-([a-z-]+):before \{ content: "\\([0-9a-f]+)" \}/g)].map(
      ([, name, code]) => [name, code],
    ),
  );
  expect([...ours].map(([, name, code]) => [name, code])).toEqual(
    named.map((name) => [name, theirs.get(name)]),
  );
});
