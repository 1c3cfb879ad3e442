// `npm run package`: the VSIX.
import { relative } from 'node:path';
import { installPackages } from './lib/install.mjs';
import { root } from './lib/repository.mjs';

await installPackages();
const { packExtension } = await import('./lib/bundles.mjs');
try {
  console.log(relative(root, (await packExtension()).vsix));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
