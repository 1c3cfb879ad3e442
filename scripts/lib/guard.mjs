// node guard.mjs FOLDER COMMAND ARGUMENT…: runs a program until it ends or until our standard input
// does, which it also does when the process at its other end is killed. Then ends whatever the
// program has started, and removes the folder.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

let ending = false;
function end() {
  if (ending || child.pid === undefined) return;
  ending = true;
  signalGroup('SIGTERM');
  // Its own children may be slower to hear.
  setTimeout(() => signalGroup('SIGKILL'), 2000);
}

/** @param {NodeJS.Signals} signal */
function signalGroup(signal) {
  try {
    process.kill(-Number(child.pid), signal);
  } catch {
    // All have ended.
  }
}

process.stdin.resume().on('close', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code) => {
  signalGroup('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(code ?? 1);
});
