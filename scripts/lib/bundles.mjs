import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from '../build.mjs';
import { run } from './processes.mjs';
import { inRoot, node24 } from './repository.mjs';

/** @import { Outcome } from './suite.mjs' */

const VSIX = 'out/qcow2-lens.vsix';

/** Upper bounds in kB of 1,000 bytes, each for the sum of its files. */
const LIMITS = [
  { name: 'extension host', files: ['dist/extension.cjs'], kilobytes: 200 },
  { name: 'panes of the webview', files: ['dist/panes.js', 'dist/panes.css'], kilobytes: 120 },
  { name: 'VSIX', files: [VSIX], kilobytes: 700 },
];

/**
 * Builds for production and packs the extension.
 * @returns {Promise<{ vsix: string, firstPicture: readonly string[], worker: readonly string[], check: readonly string[] }>} the VSIX, and what `build` tells
 */
export async function packExtension() {
  const loaded = await build({ production: true });
  // vsce makes no folder; on a fresh clone nobody has made this one.
  mkdirSync(dirname(inRoot(VSIX)), { recursive: true });
  const vsce = inRoot('node_modules/@vscode/vsce/vsce');
  const { code, output } = await run(
    node24,
    [
      ...[vsce, 'package', '--no-dependencies', '--out', VSIX],
      // The manifest names no repository that links of the README could be rewritten to.
      ...['--allow-missing-repository', '--no-rewrite-relative-links'],
    ],
    { quiet: true },
  );
  if (code !== 0) throw new Error(`vsce failed with exit code ${code}:\n${output}`);
  return { vsix: inRoot(VSIX), ...loaded };
}

/**
 * One test for the package, one for each size.
 * @returns {Promise<Outcome>}
 */
export async function checkBundles() {
  const limits = [...LIMITS];
  try {
    const { firstPicture, worker, check } = await packExtension();
    limits.push(
      { name: 'webview, to the first picture', files: [...firstPicture], kilobytes: 150 },
      { name: 'scan worker', files: [...worker], kilobytes: 450 },
      { name: 'command line, to a check', files: [...check], kilobytes: 300 },
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 4 + limits.length, skipped: [], broken: true };
  }
  const outcome = { passed: 1, failed: 0, skipped: [] };
  for (const { name, files, kilobytes } of limits) {
    const bytes = files.reduce((sum, file) => sum + statSync(inRoot(file)).size, 0);
    const fits = bytes <= kilobytes * 1000;
    outcome[fits ? 'passed' : 'failed'] += 1;
    const verdict = fits ? '' : '  TOO LARGE';
    console.log(`${name}: ${(bytes / 1000).toFixed(1)} kB of ${kilobytes}${verdict}`);
  }
  return outcome;
}
