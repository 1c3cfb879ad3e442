import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { SCALE_IMAGES } from '../images/scale.js';
import { scaleFile } from '../images/scaleFile.js';
import { cachesNumbers } from './caches.js';
import { diagnosisNumbers } from './diagnosis.js';
import { insideNumbers } from './inside.js';
import { openingNumbers } from './opening.js';
import { measured, median, type Run } from './process.js';
import { structuresNumbers } from './structures.js';

/** `node bench.mjs NODE CLI FOLDER [--slow]`: see scripts/bench.mjs. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { slow: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
});
const [node, cli, folder] = positionals;
const rounds = Number(values.rounds);
const MIB = 2 ** 20;

/** qemu-img's COPIED pass takes minutes here: run once, and only when asked for. */
const SLOW_FOR_QEMU = SCALE_IMAGES.permuted.name;
const RECIPES = [
  SCALE_IMAGES.contiguous,
  SCALE_IMAGES.permuted,
  SCALE_IMAGES.large,
  SCALE_IMAGES.snapshots,
];

function medians(runs: readonly Run[]): Run {
  return {
    seconds: median(runs.map((run) => run.seconds)),
    peakBytes: median(runs.map((run) => run.peakBytes)),
  };
}

const cell = (text: string): string => text.padStart(16);
const seconds = (value: number): string => `${value.toFixed(2)} s`;
const mebibytes = (value: number): string => `${Math.round(value / MIB)} MiB`;

const idle = medians([await measured(node, ['-e', 'setTimeout(() => {}, 200)'])]);
console.log(
  `check, start-up included, medians of ${rounds} runs in turn; an idle Node has ${mebibytes(idle.peakBytes)}`,
);
console.log(
  `${''.padEnd(20)}${['ours', 'qemu-img', 'ratio', 'over idle Node', 'qemu-img'].map(cell).join('')}`,
);
for (const recipe of RECIPES) {
  const path = scaleFile(folder, recipe);
  const isSlow = recipe.name === SLOW_FOR_QEMU;
  const ours: Run[] = [];
  const theirs: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await measured(node, [cli, 'check', path]));
    if (!isSlow || (values.slow && round === 0))
      theirs.push(await measured('qemu-img', ['check', '-U', path]));
  }
  const own = medians(ours);
  const other = theirs.length === 0 ? undefined : medians(theirs);
  const row = [
    seconds(own.seconds),
    other ? seconds(other.seconds) : 'with --slow',
    other ? `${(other.seconds / own.seconds).toFixed(1)}×` : '',
    mebibytes(own.peakBytes - idle.peakBytes),
    other ? mebibytes(other.peakBytes) : '',
  ];
  console.log(recipe.name.padEnd(20) + row.map(cell).join(''));
}
console.log(
  '\ninside one process: scan without start-up, its longest step (a cancel waits so long), owners of a cluster (worst of 24), conflict map',
);
for (const recipe of RECIPES) {
  const { scan, longestStep, owners, sweep } = insideNumbers(scaleFile(folder, recipe));
  const row = [scan, longestStep, owners, sweep].map((ms) => cell(`${ms.toFixed(0)} ms`));
  console.log(recipe.name.padEnd(20) + row.join(''));
}

console.log(
  '\na million refcounts lost: findings, scan, diagnosis after the scan, longest step of that',
);
for (const recipe of RECIPES) {
  const { findings, scanned, whole, longestStep } = diagnosisNumbers(scaleFile(folder, recipe));
  const row = [
    String(findings),
    ...[scanned, whole, longestStep].map((ms) => `${ms.toFixed(0)} ms`),
  ];
  console.log(recipe.name.padEnd(20) + row.map(cell).join(''));
}

console.log(
  '\nopening in the worker thread: header told, first whole picture answered, scan finished',
);
for (const recipe of [...RECIPES, SCALE_IMAGES.huge]) {
  const worker = join(dirname(cli), 'scanWorker.js');
  const { header, firstPicture, scanned } = await openingNumbers(worker, scaleFile(folder, recipe));
  const row = [header, firstPicture, scanned].map((ms) => cell(`${ms.toFixed(0)} ms`));
  console.log(recipe.name.padEnd(20) + row.join(''));
}

console.log(
  '\noverlap structures of a full 1 TiB image: rebuilt after a setting changes, checks of cached windows',
);
for (const [name, bits, seed] of [
  ['64 KiB clusters', 16, undefined],
  ['4 KiB clusters', 12, undefined],
  ['4 KiB, permuted', 12, 20240229],
] as const) {
  const { operations, rebuild, checksPerSecond } = structuresNumbers(bits, seed);
  const row = [
    `${operations} entered`,
    `${rebuild.toFixed(1)} ms`,
    `${(checksPerSecond / 1e6).toFixed(1)} M/s`,
  ];
  console.log(name.padEnd(20) + row.map(cell).join(''));
}

console.log(
  '\nrequests of a workload on an allocated 1 TiB image, a second: reading an iolog, replaying with both sizes of L2 entries (curves and all)',
);
for (const recipe of [SCALE_IMAGES.contiguous, SCALE_IMAGES.permuted]) {
  const path = scaleFile(folder, recipe);
  for (const pattern of ['sequential', 'zipf', 'uniform', 'database']) {
    const { parsed, replayed } = cachesNumbers(path, `${pattern}:ops=2000000`);
    const row = [parsed, replayed].map((perSecond) => cell(`${(perSecond / 1e6).toFixed(2)} M/s`));
    console.log(`${recipe.name.padEnd(20)}${pattern.padEnd(12)}${row.join('')}`);
  }
}
