import { readdirSync, readFileSync } from 'node:fs';
import type { Random } from '../images/random.js';
import type { Survey } from '../peer/survey.js';

const KINDS = ['data', 'l2-active', 'l1-active', 'refcount-block', 'main-header', 'nonsense'];
const NAMES = ['clean install', 'läuft', 'x', '1', '', 'a'.repeat(1025), '\u202e<b>\u0000', '0x1'];
const WORDS = ['-1', 'NaN', '1e9', '0x', '9223372036854775808', '2147483137', '64k', '1T', '∞', ''];

/** Offsets and lengths that matter to an image, and some that matter to numbers. */
export function numberText(random: Random, { regions, clusterSize, fileSize }: Survey): string {
  const { offset } = random.pick(regions);
  switch (random.below(8)) {
    case 0:
      return String(offset);
    case 1:
      return String(Math.max(0, fileSize + random.between(-2, 2) * clusterSize));
    case 2:
      return `0x${(offset + 512 * random.below(64)).toString(16)}`;
    case 3:
      return random.pick(WORDS);
    case 4:
      return String(2 ** random.below(64));
    default:
      return String(random.below(64) * random.pick([512, clusterSize, 1]));
  }
}

/** A line of an operations list: mostly one that can be read. */
export function operation(random: Random, places: Survey): string {
  const number = (): string => numberText(random, places);
  switch (random.below(12)) {
    case 0:
      return `snapshot-create ${random.pick(NAMES)}`;
    case 1:
      return `snapshot-delete ${random.pick(NAMES)}`;
    case 2:
      return `host-write ${random.pick(KINDS)} ${number()} ${number()}`;
    case 3:
      return random.pick(['flush', 'close', 'abort']);
    case 4:
      return `write-zeroes ${number()} ${number()}${random.chance(0.5) ? ' unmap' : ''}`;
    case 5:
      return `write-compressed ${number()} ${number()}`;
    case 6:
    case 7:
      return `discard ${number()} ${number()}`;
    case 8:
      return random.pick(['', ' ', 'nonsense', 'write', 'write 0', '#', '\u0000', 'write 0 0 0 0']);
    default:
      return `write ${number()} ${number()}`;
  }
}

export const operations = (random: Random, places: Survey): string[] =>
  Array.from({ length: random.between(0, 8) }, () => operation(random, places));

/** The logs of other programs that are made worse, from a folder. */
export function logsOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(`${folder}/${name}`, 'latin1'));
}

/** A log with some of its characters, words and lines replaced. */
export function worseLog(random: Random, places: Survey, log: string): string {
  let text = log;
  for (let i = random.between(0, 6); i > 0 && text.length > 0; i--) {
    const at = random.below(text.length);
    const end = Math.min(text.length, at + random.pick([0, 1, 1, 2, 8, 40]));
    const put = random.pick([
      '',
      '\n',
      ' ',
      '\u0000',
      '\u00ff',
      ',',
      numberText(random, places),
      'x'.repeat(random.pick([1, 100, 70_000])),
      text.slice(at, at + 80),
    ]);
    text = text.slice(0, at) + put + text.slice(end);
  }
  return text;
}

const PATTERNS = 'sequential uniform zipf hotset strided mixed database boot'.split(' ');
const SETTINGS = 'ops block reads seed offset size theta hot heat stride nonsense'.split(' ');

/** A made workload in words, of few requests. */
export function pattern(random: Random, places: Survey): string {
  const settings = Array.from(
    { length: random.below(4) },
    () => `${random.pick(SETTINGS.slice(1))}=${numberText(random, places)}`,
  );
  return `${random.pick(PATTERNS)}:${[`ops=${random.below(300)}`, ...settings].join(',')}`;
}
