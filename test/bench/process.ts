import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A finished process. */
export interface Run {
  readonly seconds: number;
  /** The most memory it had at a time, in bytes; 0 where the system does not tell. */
  readonly peakBytes: number;
}

const POLL = 5;

/** Peak resident memory of a running process so far (Linux). */
function peakOf(pid: number): number {
  try {
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Runs a program to its end and times it as a whole. Rejects when it cannot be started or fails. */
export function measured(command: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: 'ignore' });
    let peakBytes = 0;
    const poll = setInterval(() => {
      if (child.pid !== undefined) peakBytes = Math.max(peakBytes, peakOf(child.pid));
    }, POLL);
    child.on('error', (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on('exit', (code) => {
      clearInterval(poll);
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ seconds, peakBytes });
      else reject(new Error(`${command} ${args.join(' ')} ended with exit code ${code}`));
    });
  });
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}
