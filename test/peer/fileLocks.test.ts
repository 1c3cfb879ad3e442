import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { fileUse } from '../../src/node/fileLocks.js';
import { fileState } from '../../src/node/fileState.js';
import { qemu, temporaryFolder } from './qemu.js';

const folder = temporaryFolder();
beforeAll(() => {
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', 'base.qcow2', '8M'], folder.path);
  const backing = ['-b', 'base.qcow2', '-F', 'qcow2'];
  qemu('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, 'top.qcow2'], folder.path);
});
afterAll(() => {
  folder.remove();
});

const use = (name: string) => {
  const state = fileState(join(folder.path, name));
  return state && fileUse(state);
};

/** A qemu-io that has the image open, and how to end it. */
async function held(...args: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn('qemu-io', args, { cwd: folder.path, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  // It has opened the image by the time it asks for a command.
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      if (bytes.includes('qemu-io>')) resolve();
    });
    child.once('close', () => {
      reject(new Error('qemu-io ended'));
    });
  });
  return () => {
    child.stdin.end();
    return ended;
  };
}

test.runIf(process.platform === 'linux')('who has an image open, and for what', async () => {
  expect(use('top.qcow2')).toBe('unknown');
  const endWriter = await held('top.qcow2');
  expect(use('top.qcow2')).toBe('writing');
  // Its backing file is only read.
  expect(use('base.qcow2')).toBe('open');
  await endWriter();
  expect(use('top.qcow2')).toBe('unknown');
  const endReader = await held('-r', 'top.qcow2');
  expect(use('top.qcow2')).toBe('open');
  await endReader();
  expect(use('base.qcow2')).toBe('unknown');
});
