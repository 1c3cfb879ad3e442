import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { npm, run } from './processes.mjs';
import { inRoot } from './repository.mjs';
import { step } from './step.mjs';

/** @typedef {Record<string, { version?: string, optional?: boolean }>} Packages */

/**
 * @param {string} file a package-lock
 * @returns {Packages}
 */
function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Whether node_modules holds what package-lock.json asks for. */
function installed() {
  const wanted = lockedPackages(inRoot('package-lock.json'));
  const present = lockedPackages(inRoot('node_modules/.package-lock.json'));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' ||
      (optional === true && present[path] === undefined) ||
      present[path]?.version === version,
  );
}

/** Installs the npm packages when they are missing or stale. */
export async function installPackages() {
  if (installed()) return;
  const { code, output } = await step('Installing the npm packages', () =>
    npm(['ci'], { quiet: true }),
  );
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}\n${output}`);
}

/**
 * The first program of the given names on the PATH.
 * @param {...string} names
 * @returns {string | undefined} its path
 */
export function findProgram(...names) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (folder !== '' && existsSync(path)) return path;
      }
    }
  }
  return undefined;
}

const HEADLESS = 'chromium-headless-shell';

/**
 * A Chromium: without windows where there is one, for it opens a page in a third of the processor
 * time that the whole browser takes.
 */
export const findBrowser = () =>
  process.env.CHROMIUM ??
  findProgram(HEADLESS, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');

export const hasQemuTools = () =>
  findProgram('qemu-img') !== undefined && findProgram('qemu-io') !== undefined;

/**
 * Installs the programs that the tests compare with and drive, where that can be done unasked: as
 * root on Debian. Elsewhere it says what to install.
 */
export async function installPrograms() {
  const missing = [
    ...(findBrowser() === undefined ? ['chromium', 'fonts-dejavu-core'] : []),
    ...(hasQemuTools() ? [] : ['qemu-utils']),
    ...(process.platform !== 'linux' || findProgram('strace') !== undefined ? [] : ['strace']),
  ];
  const debianRoot = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (!debianRoot) {
    if (missing.length === 0) return;
    console.log(`Missing: ${missing.join(', ')}. On Debian: apt-get install ${missing.join(' ')}`);
    return;
  }
  if (missing.length > 0) await aptInstall(...missing);
  if (process.env.CHROMIUM !== undefined || findProgram(HEADLESS) !== undefined) return;
  // Only quicker than what is there now: not every Debian has it.
  if (!(await aptInstall(HEADLESS)))
    console.log(`No ${HEADLESS}: the tests use the whole browser.`);
}

/**
 * @param {...string} packages Debian's
 * @returns {Promise<boolean>} whether they are there now
 */
function aptInstall(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = ['-y', '-qq', '--no-install-recommends'];
  return step(`Installing ${packages.join(', ')}`, async () => {
    await run('apt-get', ['update', '-qq'], { env });
    const { code } = await run('apt-get', ['install', ...options, ...packages], { env });
    return code === 0;
  });
}
