// `npm run bench [-- --slow]`: ours and QEMU's in turn on the same large images, made from a seed in
// .cache/scale (1.2 GB), and what a scan and a click cost inside a process. --slow also runs
// qemu-img once where it takes minutes.
import { hasQemuTools, installPackages, installPrograms } from './lib/install.mjs';
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
const program = inRoot('out/bench.mjs');
await esbuild.build({
  entryPoints: [inRoot('test/bench/main.ts')],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
const args = [
  program,
  node24,
  inRoot('dist/cli.js'),
  inRoot('.cache/scale'),
  ...process.argv.slice(2),
];
const { code } = await run(node24, args);
process.exit(code ?? 1);
