import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import colours from '../../webview/colours.json' with { type: 'json' };
import manifest from '../../package.json' with { type: 'json' };
import texts from '../../package.nls.json' with { type: 'json' };

const { contributes } = manifest;
const source = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../src/editor', name), 'utf8');

test('every text is used, and every used text is there', () => {
  const used = JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g);
  expect([...new Set([...used].map((match) => match[1]))].sort()).toEqual(
    Object.keys(texts).sort(),
  );
});

test('the colours are those of the webview', () => {
  const text = new Map(Object.entries(texts).map(([key, value]) => [`%${key}%`, value]));
  const contributed = contributes.colors.map(({ id, description, defaults }) => [
    id,
    { description: text.get(description), ...defaults },
  ]);
  expect(Object.fromEntries(contributed)).toEqual(colours);
});

test('the commands are those that the code registers', () => {
  const registered = [...source('commands.ts').matchAll(/'(qcow2\.[a-zA-Z]+)'/g)];
  expect(contributes.commands.map(({ command }) => command).sort()).toEqual(
    registered.map((match) => match[1]).sort(),
  );
});

test('menus and keys name commands and submenus that exist', () => {
  const ids = new Set([
    ...contributes.commands.map(({ command }) => command),
    ...contributes.submenus.map(({ id }) => id),
  ]);
  const entries = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
  const named = entries.map((entry) => ('submenu' in entry ? entry.submenu : entry.command));
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
  expect(Object.keys(contributes.menus)).toContain(contributes.submenus[0].id);
});

test('the title of our editor has no entry that cannot be used', () => {
  const always = new Set(['qcow2.reload', 'qcow2.openHex', 'qcow2.cancelScan']);
  for (const { command, when } of contributes.menus['editor/title'])
    if (!always.has(command)) expect(when, command).toContain('qcow2.hasMap');
});

test('the walkthrough has at most five steps, with pictures that are there', () => {
  const [{ steps }] = contributes.walkthroughs;
  expect(steps.length).toBeLessThanOrEqual(5);
  for (const { media } of steps)
    expect(readFileSync(join(import.meta.dirname, '../..', media.svg), 'utf8')).toMatch(/^<svg /);
});

test('no key means two things, and none is taken while something else has the focus', () => {
  const keys = contributes.keybindings.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { command, when } of contributes.keybindings)
    expect(when, command).toContain('!inputFocus && !listFocus');
});

test('every command but the first needs its editor, in the palette too', () => {
  const palette = new Map(
    contributes.menus.commandPalette.map(({ command, when }) => [command, when]),
  );
  for (const { command, enablement } of contributes.commands) {
    if (command === 'qcow2.openImage') continue;
    expect(enablement, command).toContain('activeCustomEditorId');
    expect(palette.get(command), command).toBe(enablement);
  }
});

test('the editor title has at most two icons', () => {
  const icons = contributes.menus['editor/title'].filter(({ group }) =>
    group.startsWith('navigation'),
  );
  expect(icons.length).toBeLessThanOrEqual(2);
});

test('the editors are those that the code registers', () => {
  const registered = [...source('viewType.ts').matchAll(/'(qcow2\.[a-zA-Z]+)'/g)];
  expect(contributes.customEditors.map(({ viewType }) => viewType)).toEqual(
    registered.map((match) => match[1]),
  );
});
