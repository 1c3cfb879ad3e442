// `npm run pictures [-- FOLDER]`: the pictures of the README, taken in Chromium, into media/.
// `npm run pictures -- states [FOLDER [STATE|THEME|WIDTH …]]`: every state of the editor, to be looked at.
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
const words = process.argv.slice(2);
const name = words[0] === 'states' ? 'shoot' : 'tour';
const program = inRoot('out', `${name}.mjs`);
await esbuild.build({
  entryPoints: [inRoot('test/webview/harness', `${name}.ts`)],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const { code } = await run(node24, [program, ...words.slice(name === 'shoot' ? 1 : 0)]);
process.exit(code ?? 1);
