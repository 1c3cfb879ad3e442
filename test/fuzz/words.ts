import type { Command } from '../../src/cli/frame/command.js';
import type { Random } from '../images/random.js';
import type { Survey } from '../peer/survey.js';
import { OTHER } from './bases.js';
import { numberText, pattern } from './texts.js';

/** What stands for files in a command line, until there is a folder. */
const FILES = {
  image: '@image',
  other: '@other',
  operations: '@operations',
  log: '@log',
  fresh: '@fresh',
  folder: '@folder',
} as const;

const SIZES = ['0', '1', '512', '4K', '64K', '64K', '128K', '1M', '16M', '1G', '8E', '1.5'];
/** What an option that is not written out below may be. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'overlap-check': ['none', 'constant', 'cached', 'all', 'all'],
  'limit-policy': ['evict', 'fail'],
  engine: ['today', 'structures', 'structures'],
  cache: ['writethrough', 'writeback'],
  'workload-volume': ['8,0', '/disk', 'guest0'],
};
const STRANGE = [
  ...['-1', '', 'x', '18446744073709551616', 'NaN', '__proto__', 'on', '\u202e\u001b[31m'],
];
const ASSUMED = [
  ...['cluster-bits', 'cluster-size', 'size', 'l1', 'l1-entries', 'refcount-table', 'snapshots'],
  ...['refcount-table-clusters', 'refcount-bits', 'snapshot-count', 'extended-l2', 'x'],
];
const FORMATS = ['fio', 'blkparse', 'blkparse:action=D', 'qemu', 'biosnoop', 'csv', 'operations'];

/** The words after `qcow2-lens`. */
export function words(random: Random, places: Survey, commands: readonly Command[]): string[] {
  const { name, options } = random.pick(commands);
  const given = Object.entries(options).flatMap(([option, { value }]) => {
    if (option === 'help' || !random.chance(oddsOf(name, option))) return [];
    return value === undefined ? [`--${option}`] : [`--${option}`, valueOf(option, random, places)];
  });
  return [name, ...operands(name, random), ...given];
}

/** How often a command is given an option. */
function oddsOf(command: string, option: string): number {
  if (option === 'workload' || (command === 'simulate' && option === 'ops')) return 0.98;
  if (option === 'json') return 0.5;
  if (option === 'memory' || option === 'workload-volume') return 0.05;
  return option.startsWith('assume-') || option.startsWith('overlap-check.') ? 0.07 : 0.15;
}

function operands(command: string, random: Random): string[] {
  if (random.chance(0.01)) return [random.pick([FILES.folder, FILES.operations, FILES.other])];
  switch (command) {
    case 'repair':
      return [FILES.image, random.pick(['leaks', 'all', 'all', 'x'])];
    case 'compare':
      return random.chance(0.5) ? [FILES.image, FILES.other] : [FILES.other, FILES.image];
    case 'export-metadata':
      return [FILES.image, FILES.fresh];
    default:
      return [FILES.image];
  }
}

function valueOf(option: string, random: Random, places: Survey): string {
  switch (option) {
    case 'ops':
      return FILES.operations;
    case 'changes':
      return random.chance(0.5) ? '-' : FILES.fresh;
    case 'memory':
      return random.pick(['16', '64', '128', '256', '0', 'x']);
    case 'workload':
      return random.chance(0.5) ? FILES.log : pattern(random, places);
    case 'workload-format':
      return random.pick(FORMATS);
    case 'assume-header':
      return random.chance(0.3) ? 'guess' : assumed(random, places);
    case 'assume-l1':
      return `${numberText(random, places)}${random.chance(0.5) ? '' : `,${numberText(random, places)}`}`;
    default: {
      if (random.chance(0.05)) return random.pick(STRANGE);
      const usual = Object.hasOwn(VALUES, option) ? VALUES[option] : undefined;
      if (usual) return random.pick(usual);
      return option.startsWith('overlap-check.') ? random.pick(['on', 'off']) : random.pick(SIZES);
    }
  }
}

const assumed = (random: Random, places: Survey): string =>
  Array.from({ length: random.between(1, 4) }, () => {
    const key = random.pick(ASSUMED);
    const value = key === 'cluster-bits' ? random.between(8, 22) : numberText(random, places);
    return `${key}=${value}`;
  }).join(',');

/** The words with the files of a folder for what stands for them. */
export function inFolder(line: readonly string[], folder: string): string[] {
  const named = new Map<string, string>([
    [FILES.image, 'image.qcow2'],
    [FILES.other, OTHER],
    [FILES.operations, 'operations'],
    [FILES.log, 'log'],
    [FILES.fresh, 'fresh'],
    [FILES.folder, ''],
  ]);
  return line.map((word) => {
    const name = named.get(word);
    return name === undefined ? word : `${folder}/${name}`;
  });
}
