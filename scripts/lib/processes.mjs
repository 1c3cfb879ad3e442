import { spawn } from 'node:child_process';
import { root } from './repository.mjs';

/** @import { ChildProcess, SpawnOptions } from 'node:child_process' */

const windows = process.platform === 'win32';

/** @type {Set<ChildProcess>} */
const running = new Set();

/**
 * Starts a program in its own process group, so that ending it ends whatever it started. It is
 * ended with this process at the latest, however this process ends.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {SpawnOptions} options
 */
export function start(command, args, options) {
  const child = spawn(command, args, { cwd: root, ...options, detached: !windows });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/**
 * Ends a program of `start` and its children.
 * @param {ChildProcess} child
 * @param {NodeJS.Signals} [signal]
 */
function end(child, signal = 'SIGTERM') {
  if (child.pid === undefined) return;
  try {
    if (windows) spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' });
    else process.kill(-child.pid, signal);
  } catch {
    // It ended between our looking and our asking.
  }
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {SpawnOptions & { quiet?: boolean; seconds?: number }} [options] `quiet` keeps the output
 *   for the answer and prints nothing; after `seconds` the program is ended
 * @returns {Promise<{ code: number, output: string }>} the exit code, 127 when the program could
 *   not be started, 124 when it took too long; `output` is empty unless `quiet`
 */
export function run(command, args, { quiet = false, seconds, ...options } = {}) {
  return new Promise((resolve) => {
    const child = start(command, args, {
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      ...options,
    });
    let output = '';
    child.stdout?.on('data', (/** @type {Buffer} */ bytes) => (output += bytes.toString()));
    child.stderr?.on('data', (/** @type {Buffer} */ bytes) => (output += bytes.toString()));
    let late = false;
    const timer =
      seconds === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            end(child, 'SIGKILL');
          }, seconds * 1000);
    child.once('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: 127, output: `${command}: ${error.message}` });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: late ? 124 : (code ?? 1), output });
    });
  });
}

/**
 * Runs npm, the one that runs us where there is one.
 * @param {readonly string[]} args
 * @param {SpawnOptions & { quiet?: boolean }} [options]
 */
export function npm(args, options) {
  const script = process.env.npm_execpath;
  const quieter = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  if (script !== undefined) return run(process.execPath, [script, ...quieter], options);
  return run('npm', quieter, { ...options, shell: windows });
}

// A signal that can be heard: what we started may have started more, in groups of their own.
process.on('exit', () => {
  for (const child of running) end(child);
});
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.on(signal, () => process.exit(code));
}
