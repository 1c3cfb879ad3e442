// `npm run fuzz [-- --cases N --seed S --first F]`: that many images made worse (test/fuzz), in one
// process. A case is the same for the same seed and number.
import { installPackages } from './lib/install.mjs';
import { run } from './lib/processes.mjs';
import { inRoot, node24 } from './lib/repository.mjs';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    first: { type: 'string', default: '0' },
  },
});
await installPackages();
const esbuild = await import('esbuild');
const outfile = inRoot('out/fuzz.mjs');
await esbuild.build({
  entryPoints: [inRoot('test/fuzz/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  sourcemap: 'inline',
  logLevel: 'warning',
});
const samples = inRoot('test/core/workload/samples');
const words = [samples, values.cases, values.seed, values.first];
const { code } = await run(node24, ['--enable-source-maps', outfile, ...words]);
process.exitCode = code ?? 1;
