import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/commands.js';
import { Printable, t } from '../../src/cli/frame/printable.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { poke, poked } from '../images/pokes.js';
import { folderOfTests, runCli } from './runCli.js';

/** An escape sequence, a forged line, C1, DEL, text from right to left, a tag, a line separator. */
const HOSTILE =
  'a\u001b[2J\u001b]0;owned\u0007\nqcow2-lens: forged\r\u009b31m\u007f\u202ex\u2066\u2028\u{e0041}';
/** All that a terminal must not get of it; line breaks are the program's own. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const folder = folderOfTests();
const ops = join(folder, 'ops');
writeFileSync(ops, 'write 0 64k\n');
const hostileLog = join(folder, `log${HOSTILE}`);
writeFileSync(
  hostileLog,
  `fio version 2 iolog\n${['a', 'b'].map((disk) => `/${disk}\u001b[2J\u202e read 0 512\n`).join('')}`,
);

function image(name: string, backing: boolean): string {
  const path = join(folder, `${name}${HOSTILE}`);
  const builder = new ImageBuilder({
    virtualSize: 2 ** 20,
    ...(backing
      ? { backing: { name: HOSTILE, format: 'q\u001b\n' } }
      : { dataFile: { name: HOSTILE, raw: false } }),
  })
    .write(0)
    .bitmap({ name: HOSTILE, granularityBits: 16, dirty: [], inUse: true });
  if (backing) builder.snapshot({ name: HOSTILE });
  writeSparse(path, layOut(builder));
  return path;
}

const overlay = image('overlay', true);
const external = image('external', false);
const refused = join(folder, `refused${HOSTILE}`);
writeSparse(refused, poked(layOut(new ImageBuilder({ virtualSize: 2 ** 20 })), [poke(20, 40, 4)]));

/** What each command can be told to print. */
const WORDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  info: [[]],
  check: [[]],
  diagnose: [[]],
  repair: [['leaks'], ['all', '--changes', '-']],
  map: [[], ['--backing']],
  layout: [[]],
  chain: [[]],
  compare: [[overlay]],
  'find-tables': [[], ['--all']],
  'export-metadata': [[join(folder, `new${HOSTILE}`)], ['--hide-names']],
  space: [[], ['--backing']],
  structures: [[], ['--total-size-limit', '100'], ['--overlap-check', 'none']],
  simulate: [['--ops', ops]],
  caches: [
    ['--workload', 'uniform:ops=9'],
    ['--workload', hostileLog],
    ['--workload', hostileLog, '--json'],
  ],
};

describe('the terminal gets nothing that an image has said as it is', () => {
  it.each(COMMAND_NAMES)('from %s', (command) => {
    for (const words of WORDS[command])
      for (const file of [overlay, external, refused, `${overlay}-missing`])
        for (const json of [[], ['--json']]) {
          const { stdout, stderr } = runCli([command, file, ...words, ...json]);
          expect(stdout).not.toMatch(RAW);
          expect(stderr).not.toMatch(RAW);
          expect(`\n${stdout}${stderr}`).not.toContain('\nqcow2-lens: forged');
          expect(stdout + stderr).not.toBe('');
        }
  });

  it('but in a JSON document, it reads back as it was', () => {
    expect(JSON.parse(runCli(['info', overlay, '--json']).stdout)).toMatchObject({
      filename: overlay,
      'backing-filename': HOSTILE,
      snapshots: [{ name: HOSTILE }],
      bitmaps: [{ name: HOSTILE }],
    });
  });

  it('and in text, it is spelled out', () => {
    expect(runCli(['info', overlay]).stdout).toContain(
      'backing file: a\\x1b[2J\\x1b]0;owned\\x07\\nqcow2-lens: forged\\r\\x9b31m\\x7f\\u202ex\\u2066\\u2028\\u{e0041}',
    );
  });

  it('nor what a wrong request has in it', () => {
    for (const words of [[HOSTILE], ['info', `--${HOSTILE}`], ['map', '--backing=\u001b', 'x']])
      expect(runCli(words).stderr).not.toMatch(RAW);
  });
});

it('a template escapes what is put into it, once', () => {
  expect(t`${t`a\n`}${'b\n'}${1}`.text).toBe('a\nb\\n1');
  expect(Printable.json({ text: '\u009b\n' }, 1).text).toBe('{\n "text": "\\u009b\\n"\n}');
});
