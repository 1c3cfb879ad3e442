// `npm run pictures [-- FOLDER]`: the pictures of the README, taken in Chromium, into media/.
import { findBrowser, installPackages, installPrograms } from './lib/install.mjs';
import { run } from './lib/processes.mjs';
import { inRoot, node24 } from './lib/repository.mjs';

await installPackages();
await installPrograms();
if (findBrowser() === undefined) {
  console.error('pictures: chromium is not installed');
  process.exit(1);
}
const esbuild = await import('esbuild');
const program = inRoot('out/tour.mjs');
await esbuild.build({
  entryPoints: [inRoot('test/webview/harness/tour.ts')],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const { code } = await run(node24, [program, ...process.argv.slice(2)]);
process.exit(code ?? 1);
