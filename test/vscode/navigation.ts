import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as vscode from 'vscode';
import { closeAll, eventually, openedWithSummary, sample } from './opened.js';
import { Missing, test } from './runner.js';

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`qcow2.${command}`, ...args);

/** Copies again and again until what is copied is what is expected: the webview takes its time. */
function copied(command: string, isExpected: (text: string) => boolean): Promise<string> {
  return eventually(`what ${command} is to copy`, async () => {
    await vscode.env.clipboard.writeText('');
    await run(command);
    const text = await vscode.env.clipboard.readText();
    return text !== '' && isExpected(text) ? text : undefined;
  });
}

const offsetIs = (expected: string): Promise<string> =>
  copied('copyHostOffset', (text) => text === expected);

test('places by name are gone to, and back and forward', async () => {
  await openedWithSummary(sample('database-damaged.qcow2'));
  await run('goTo', 'cluster 5');
  await offsetIs('0x50000');
  await run('goTo', '0x960123');
  await offsetIs('0x960000');
  await run('goTo', 'L1 0 L2 20');
  const guest = await copied('copyGuestOffset', (text) => text.includes('0x140000'));
  await run('goTo', `guest ${guest.split('\n')[0]}`);
  await copied('copyGuestOffset', (text) => text === guest);
  await run('goBack');
  await offsetIs('0x960000');
  await run('goBack');
  await offsetIs('0x50000');
  await run('goForward');
  await offsetIs('0x960000');
  await closeAll();
});

test('the next leak is found, and told as JSON', async () => {
  await openedWithSummary(sample('leaks.qcow2'));
  await run('nextLeak');
  const json = await copied('copyJson', () => true);
  const cell: unknown = JSON.parse(json);
  assert.ok(typeof cell === 'object' && cell !== null);
  assert.ok('references' in cell && cell.references === 0);
  assert.ok('stored' in cell && cell.stored === '1');
  assert.match(
    await copied('copyOwners', () => true),
    /^cluster [\d,]+ .*\n- nothing refers to it$/,
  );
  await closeAll();
});

test('the qemu-io command that is copied reads the cluster', async () => {
  await openedWithSummary(sample('leaks.qcow2'));
  for (const place of ['guest 0x0', 'cluster 1']) {
    await run('goTo', place);
    const isGuest = place.startsWith('guest');
    const command = await copied('copyReadCommand', (text) =>
      text.includes(isGuest ? '-f qcow2' : '-f raw'),
    );
    const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8' });
    if (status === 127) throw new Missing('qemu-io is not installed');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /read 65536\/65536 bytes at offset/);
  }
  await closeAll();
});
