import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of one of QEMU's tools left behind. */
export interface Run {
  /** Undefined when the tool died of a signal or had to be stopped. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

type Tool = 'qemu-img' | 'qemu-io';

const MAX_OUTPUT = 256 * 2 ** 20;

/** Runs a tool in the folder `cwd`; never rejects because of what the tool says. */
export function runQemu(
  tool: Tool,
  args: readonly string[],
  cwd: string,
  timeout = 30_000,
  limits?: { readonly addressSpace: number },
): Promise<Run> {
  const [file, words] = limits ? limited(tool, args, limits) : [tool, args];
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout, maxBuffer: MAX_OUTPUT, killSignal: 'SIGKILL' } as const;
    execFile(file, words, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') {
        reject(new Error(`cannot run ${tool}: ${error.message}`));
        return;
      }
      const timedOut = error?.killed === true;
      resolve({
        exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : undefined,
        signal: error?.signal ?? undefined,
        timedOut,
        stdout,
        stderr,
      });
    });
  });
}

/** The same command with so many KiB of address space at most. */
const limited = (
  tool: Tool,
  args: readonly string[],
  { addressSpace }: { readonly addressSpace: number },
): readonly [file: string, args: readonly string[]] => [
  'sh',
  ['-c', `ulimit -v ${addressSpace} && exec "$0" "$@"`, tool, ...args],
];

/** Runs a tool to prepare an image; throws with its words when it fails. */
export function qemu(tool: Tool, args: readonly string[], cwd: string): string {
  const run = spawnSync(tool, args, { cwd, encoding: 'utf8', maxBuffer: MAX_OUTPUT });
  if (run.error !== undefined) throw run.error;
  // qemu-io reports a failed command in its output and still exits with 0.
  const failed = run.status !== 0 || /failed|invalid|error/i.test(run.stdout);
  if (failed) {
    throw new Error(`${tool} ${args.join(' ')}\n${run.stdout}${run.stderr}`);
  }
  return run.stdout;
}

/** A fresh folder, and how to be rid of it. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'qcow2-lens-peer-'));
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What `qemu-img check` says of an image. */
export interface CheckRun {
  readonly exitCode: number | undefined;
  /** What became of a run without an exit code. */
  readonly died: 'signal' | 'timeout' | undefined;
  /** Undefined when the tool printed none. */
  readonly json: Record<string, unknown> | undefined;
  /** Lines of stderr, in order. */
  readonly messages: readonly string[];
}

const LUKS_SECRET = 'secret,id=key0,data=letmein';

/** Arguments that give QEMU's tools the passphrase of the encrypted images of this folder. */
export const SECRET_ARGUMENTS = ['--object', LUKS_SECRET] as const;

/** What the tools are told instead of a file name, and what they call the image. */
export function imageArgument(name: string, isEncrypted: boolean): string {
  return isEncrypted ? `driver=qcow2,file.filename=${name},encrypt.key-secret=key0` : name;
}

/** The same as arguments of a command, with the passphrase. */
export function imageArguments(name: string, isEncrypted: boolean): string[] {
  const argument = imageArgument(name, isEncrypted);
  if (!isEncrypted) return [argument];
  return [...SECRET_ARGUMENTS, '--image-opts', argument];
}

/** `qemu-img check --output=json` of the image `name` in the folder `cwd`. */
export async function qemuCheck(
  cwd: string,
  name: string,
  options: { readonly isEncrypted?: boolean; readonly timeout?: number } = {},
): Promise<CheckRun> {
  const run = await runQemu(
    'qemu-img',
    ['check', '-U', '--output=json', ...imageArguments(name, options.isEncrypted ?? false)],
    cwd,
    options.timeout,
  );
  return {
    exitCode: run.exitCode,
    died: run.timedOut ? 'timeout' : run.exitCode === undefined ? 'signal' : undefined,
    json: parseObject(run.stdout),
    messages: linesOf(run.stderr),
  };
}

/** What `qemu-img check` prints for people; undefined when it died or had to be stopped. */
export async function qemuCheckText(
  cwd: string,
  name: string,
  isEncrypted: boolean,
): Promise<string | undefined> {
  const args = ['check', '-U', ...imageArguments(name, isEncrypted)];
  const { exitCode, stdout } = await runQemu('qemu-img', args, cwd);
  return exitCode === undefined ? undefined : stdout;
}

/** The document of `qemu-img info --output=json`. */
export async function qemuInfo(
  cwd: string,
  name: string,
  isEncrypted: boolean,
): Promise<Record<string, unknown>> {
  const args = ['info', '-U', '--output=json', ...imageArguments(name, isEncrypted)];
  const run = await runQemu('qemu-img', args, cwd);
  const info = parseObject(run.stdout);
  if (info === undefined) throw new Error(`qemu-img info: ${run.stderr}`);
  return info;
}

/** QEMU forgets the end of the line behind this hint, so that the next message is glued to it. */
const UNENDED_HINT =
  "Some clusters may be leaked, run 'qemu-img check -r' on the image file to fix.";

/** The lines of what a tool wrote to stderr. */
export function linesOf(text: string): string[] {
  return text
    .replaceAll(UNENDED_HINT, `${UNENDED_HINT}\n`)
    .split('\n')
    .filter((line) => line !== '');
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value));
}
