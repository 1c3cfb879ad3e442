import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Context } from '../../src/cli/frame/command.js';
import { commandsFor } from '../../src/cli/commands.js';
import { run } from '../../src/cli/run.js';
import { FileSource } from '../../src/node/fileSource.js';

/** Every command. */
export const COMMANDS = await commandsFor(undefined);

/** What a run of the command line left behind. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process; `opened` hears of the image when it has just been opened. */
export function runCli(words: readonly string[], opened: () => void = () => undefined): CliRun {
  let stdout = '';
  let stderr = '';
  const context: Context = {
    output: {
      print: ({ text }) => (stdout += text),
      complain: ({ text }) => (stderr += text),
    },
    open(path) {
      const source = FileSource.open(path);
      opened();
      return source;
    },
  };
  const code = run(words, '0.0.0-test', context, COMMANDS);
  return { code, stdout, stderr };
}

/** A fresh folder that goes away with the tests of a file. */
export function folderOfTests(): string {
  const folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-cli-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}
