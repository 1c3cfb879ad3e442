import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles the command line into a script that a process of its own can run. */
export async function bundleCli(script: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/cli/main.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { QCOW2_LENS_VERSION: '"1.2.3"' },
  });
}
