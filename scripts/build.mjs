import { readFileSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inRoot, root } from './lib/repository.mjs';

/** @import { BuildOptions, Metafile } from 'esbuild' */

/** @returns {string} that of the package */
function version() {
  /** @type {{ readonly version: string }} */
  const manifest = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  return manifest.version;
}

/**
 * The bundles, from the entry to what VS Code, the worker thread, the webview and Node load.
 * @param {boolean} production
 * @returns {BuildOptions[]}
 */
function bundles(production) {
  /** @type {BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    sourcemap: !production,
    legalComments: 'none',
    logLevel: 'warning',
  };
  /** @type {BuildOptions} */
  const onNode = { ...common, platform: 'node', target: 'node22' };
  return [
    {
      ...onNode,
      entryPoints: ['src/extension.ts'],
      outfile: 'dist/extension.cjs',
      format: 'cjs',
      external: ['vscode'],
    },
    {
      ...onNode,
      target: 'node20',
      entryPoints: [
        { in: 'src/node/scanWorker.ts', out: 'scanWorker' },
        { in: 'src/node/taskWorker.ts', out: 'taskWorker' },
        { in: 'src/cli/main.ts', out: 'cli' },
      ],
      outdir: 'dist',
      format: 'esm',
      // What the worker and the command line share is there once, and a command loads no other.
      splitting: true,
      chunkNames: 'node-[hash]',
      metafile: true,
      define: { QCOW2_LENS_VERSION: JSON.stringify(version()) },
    },
    {
      ...common,
      entryPoints: [
        { in: 'webview/main.tsx', out: 'webview' },
        { in: 'webview/frame/panes.tsx', out: 'panes' },
        { in: 'webview/frame/panes.css', out: 'panes' },
      ],
      outdir: 'dist',
      platform: 'browser',
      target: 'es2023',
      format: 'esm',
      // What the panes and the first picture share, and what is fetched when it is needed.
      splitting: true,
      chunkNames: 'webview-[hash]',
      // Small at all times: the webview is fetched over the remote link.
      minify: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.ttf': 'file' },
      assetNames: '[name]',
      metafile: true,
    },
  ];
}

/**
 * Builds all bundles into dist/.
 * @param {object} [options]
 * @param {boolean} [options.production] minified, without source maps
 * @param {boolean} [options.watch] keep building after each change, until the process ends
 * @returns {Promise<{ firstPicture: string[], worker: string[], check: string[] }>} what the webview
 *   loads before the first picture, the worker thread in all, the command line to check an image
 */
export async function build({ production = false, watch = false } = {}) {
  // Not at the top: on a fresh clone the packages are installed after this module is loaded.
  const esbuild = await import('esbuild');
  if (production) rmSync(inRoot('dist'), { recursive: true, force: true });
  /** @type {Metafile['outputs']} */
  const outputs = {};
  for (const options of bundles(production)) {
    if (watch) await (await esbuild.context(options)).watch();
    else Object.assign(outputs, (await esbuild.build(options)).metafile?.outputs);
  }
  return {
    firstPicture: loadedAtOnce(outputs, ['dist/webview.css', 'dist/webview.js']),
    worker: loadedAtOnce(outputs, ['dist/scanWorker.js']),
    check: loadedAtOnce(outputs, ['dist/cli.js', ...bundleOf(outputs, 'src/cli/check/check.ts')]),
  };
}

/**
 * The bundle that a module was made the entry of.
 * @param {Metafile['outputs']} outputs
 * @param {string} module
 */
const bundleOf = (outputs, module) =>
  Object.keys(outputs).filter((file) => outputs[file].entryPoint === module);

/**
 * Some bundles and all that they import at once.
 * @param {Metafile['outputs']} outputs
 * @param {string[]} files
 */
function loadedAtOnce(outputs, files) {
  const all = [...files];
  for (const file of all) {
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && path in outputs && !all.includes(path)) all.push(path);
  }
  return all;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => flag !== '--watch' && flag !== '--production');
  if (unknown !== undefined) {
    console.error(`build: unknown option ${unknown}; known: --watch, --production`);
    process.exit(1);
  }
  const watch = flags.includes('--watch');
  await build({ production: flags.includes('--production'), watch });
  if (watch) console.log('Watching. Ctrl+C ends it.');
}
