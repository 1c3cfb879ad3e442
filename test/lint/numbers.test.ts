import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

/** Ways to spell a number for people beside src/core/numbers.ts. */
const STRAYS: readonly RegExp[] = [
  /\btoLocaleString\b/,
  /\bIntl\.NumberFormat\b/,
  /\.to(Fixed|Precision)\(/,
  /\\d\{3\}/,
  /['"`][KMGTPE]iB['"`]/,
  /\$\{(?!count(Text)?\()[^}]*\} ?[KMGTPE]iB\b/,
];

/** What the editor says has no digits of its own; QEMU's words and the command line's have. */
const IN_EDITOR: readonly RegExp[] = [
  ...STRAYS,
  /\$\{(?!count(Text)?\()[\w.]+\} (bytes|clusters?|entries|windows)\b/,
  /\bclusters? \$\{(?!count(Text)?\()/,
];

/** Lines that may: no counts and no sizes of anything, errors of our own, what QEMU prints. */
const ALLOWED: Readonly<Record<string, number>> = {
  // printf's percentage of qemu-img check
  'src/cli/check/checkText.ts': 1,
  // to be given again as an option
  'src/cli/check/repair.ts': 1,
  'src/cli/frame/scanWithin.ts': 1,
  // milliseconds in a log
  'src/editor/provider.ts': 1,
  // a magnification
  'webview/frame/toolbar.tsx': 1,
  'webview/heatmap/tiles/assembly.ts': 1,
  // ticks that share a unit
  'webview/strip/axis.ts': 2,
};

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name).replaceAll('\\', '/'));

const straysOf = (file: string, text: string): string[] => {
  const rules = /^(webview|src\/(editor|session))\//.test(file) ? IN_EDITOR : STRAYS;
  return text.split('\n').filter((line) => rules.some((stray) => stray.test(line)));
};

it('numbers are told to people by one module', () => {
  const strays = [...files('src'), ...files('webview')]
    .filter((file) => file !== 'src/core/numbers.ts')
    .map((file) => ({ file, lines: straysOf(file, readFileSync(file, 'utf8')) }))
    .filter(({ file, lines }) => lines.length !== (ALLOWED[file] ?? 0));
  expect(strays).toEqual([]);
});

it('a stray would be found', () => {
  const strays = ['`${n.toLocaleString()}`', '`${mib.toFixed(1)} MiB`', '`cluster ${cluster}`'];
  expect(straysOf('webview/a.ts', strays.join('\n'))).toEqual(strays);
  expect(straysOf('webview/a.ts', "`${size(n)}, ${plural(n, 'byte')}`")).toEqual([]);
});
