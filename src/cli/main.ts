import { FileSource } from '../node/fileSource.js';
import { processOutput } from './frame/output.js';
import { run } from './run.js';

/** That of package.json, put here by the bundler. */
declare const QCOW2_LENS_VERSION: string;

process.exitCode = run(process.argv.slice(2), QCOW2_LENS_VERSION, {
  output: processOutput,
  open: (path) => FileSource.open(path),
});
