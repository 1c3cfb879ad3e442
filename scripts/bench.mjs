// `npm run bench`: ours and QEMU's in turn on the same image, and the ratio of the medians.
import { spawnSync } from 'node:child_process';
import { hasQemuTools, installPackages, installPrograms } from './lib/install.mjs';
import { inRoot, node24 } from './lib/repository.mjs';

const ROUNDS = 7;
const IMAGE = 'samples/sparse-1tib.qcow2';

/**
 * Seconds of a program from its start to its end.
 * @param {string} command
 * @param {readonly string[]} args
 */
function time(command, args) {
  const start = performance.now();
  const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with exit code ${status}`);
  return (performance.now() - start) / 1000;
}

/** @param {readonly number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

await installPackages();
await installPrograms();
if (!hasQemuTools()) {
  console.error('bench: qemu-img is not installed');
  process.exit(1);
}
const { build } = await import('./build.mjs');
const { makeSamples } = await import('./lib/samples.mjs');
await build({ production: true });
await makeSamples();
/** @type {{ ours: number[], theirs: number[] }} */
const seconds = { ours: [], theirs: [] };
for (let round = 0; round < ROUNDS; round++) {
  seconds.ours.push(time(node24, [inRoot('dist/cli.js'), 'check', inRoot(IMAGE)]));
  seconds.theirs.push(time('qemu-img', ['check', inRoot(IMAGE)]));
}
const ours = median(seconds.ours);
const theirs = median(seconds.theirs);
console.log(`check of ${IMAGE}, medians of ${ROUNDS} runs in turn, start-up included`);
console.log(`qcow2-lens ${ours.toFixed(2)} s, qemu-img ${theirs.toFixed(2)} s`);
console.log(`${(theirs / ours).toFixed(1)} times as fast`);
