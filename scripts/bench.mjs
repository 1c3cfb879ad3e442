// `npm run bench [-- --slow]`: ours and QEMU's in turn on the same large images, made from a seed in
// .cache/scale (2.3 GB), what a scan and a click cost inside a process, and what the map costs in
// Chromium. --slow also runs qemu-img once where it takes minutes.
import { findBrowser, hasQemuTools, installPackages, installPrograms } from './lib/install.mjs';
import { run } from './lib/processes.mjs';
import { inRoot, node24 } from './lib/repository.mjs';

await installPackages();
await installPrograms();
if (!hasQemuTools()) {
  console.error('bench: qemu-img is not installed');
  process.exit(1);
}
const { build } = await import('./build.mjs');
const esbuild = await import('esbuild');
await build({ production: true });
await esbuild.build({
  entryPoints: {
    bench: inRoot('test/bench/main.ts'),
    benchMap: inRoot('test/webview/bench/map.ts'),
  },
  outdir: inRoot('out'),
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const images = inRoot('.cache/scale');
const options = process.argv.slice(2);
const check = [inRoot('out/bench.mjs'), node24, inRoot('dist/cli.js'), images, ...options];
const map = [inRoot('out/benchMap.mjs'), images];
for (const program of [check, ...(findBrowser() === undefined ? [] : [map])]) {
  const { code } = await run(node24, program);
  if (code !== 0) process.exit(code ?? 1);
}
if (findBrowser() === undefined)
  console.log('skipped: the map in Chromium, which is not installed');
