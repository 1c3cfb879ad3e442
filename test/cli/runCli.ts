import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { run } from '../../src/cli/run.js';
import { FileSource } from '../../src/node/fileSource.js';

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
  const code = run(words, '0.0.0-test', {
    output: {
      print: ({ text }) => (stdout += text),
      complain: ({ text }) => (stderr += text),
    },
    open(path) {
      const source = FileSource.open(path);
      opened();
      return source;
    },
  });
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
