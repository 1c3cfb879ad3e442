import { mkdirSync } from 'node:fs';
import { run } from './processes.mjs';
import { inRoot, node24, root } from './repository.mjs';

const PROGRAM = `
import { makeSamples } from './test/images/makeSamples.js';
await makeSamples(process.argv[2]);
`;

/**
 * Makes the sample images anew, by Node 24: the image writer compresses with zstd.
 * @returns {Promise<string>} their folder
 */
export async function makeSamples() {
  const esbuild = await import('esbuild');
  const program = inRoot('out/makeSamples.mjs');
  await esbuild.build({
    stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const folder = inRoot('samples');
  mkdirSync(folder, { recursive: true });
  const { code } = await run(node24, [program, folder]);
  if (code !== 0) throw new Error(`the samples could not be made (exit code ${code})`);
  return folder;
}
