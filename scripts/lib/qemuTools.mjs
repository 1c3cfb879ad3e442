import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { run } from './processes.mjs';
import { inRoot } from './repository.mjs';

const TOOLS = ['qemu-img', 'qemu-io'];
/** It signs the suites to come too. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const FORMAT = ['ORIGIN', 'LABEL', 'COMPONENT', 'REPO_URI'].map((key) => `$(${key})`).join('|');

/**
 * Has this process and whatever it starts use the tools of a folder instead of the system's.
 * @param {string} folder that holds qemu-img and qemu-io
 */
export function useQemu(folder) {
  const path = resolve(folder);
  const missing = TOOLS.find((tool) => !existsSync(join(path, tool)));
  if (missing !== undefined) throw new Error(`${folder} holds no ${missing}`);
  process.env.PATH = [path, process.env.PATH ?? ''].join(delimiter);
}

/**
 * Unpacks QEMU's tools of a suite of Debian into a folder, with all the libraries that they need.
 * Nothing is installed and nothing outside the folder is written, so that no rights are needed.
 * @param {string} suite `sid`, `trixie`, `trixie-backports` …
 * @param {string} [folder]
 * @returns {Promise<string>} the folder of the tools, to be put on a PATH
 */
export async function unpackQemu(suite, folder = inRoot('.cache/qemu', suite)) {
  if (!/^[a-z]+(-[a-z]+)*$/.test(suite)) throw new Error(`'${suite}' is no suite of Debian`);
  const tools = join(folder, 'bin');
  if (existsSync(tools)) return tools;
  const mirror = await mirrorOfDebian();
  rmSync(folder, { recursive: true, force: true });
  const packages = await download(suite, mirror, join(folder, 'apt'));
  const root = join(folder, 'root');
  await unpack(packages, root);
  rmSync(join(folder, 'apt'), { recursive: true });
  writeTools(root, join(folder, 'new'));
  // What is there is whole, also when this is ended on the way.
  renameSync(join(folder, 'new'), tools);
  return tools;
}

/** Where apt has Debian's own packages from: not those of security, nor of anybody else. */
async function mirrorOfDebian() {
  const targets = await output('apt-get', [
    ...['indextargets', '--format', FORMAT],
    'Created-By: Packages',
  ]);
  for (const line of targets.split('\n')) {
    const [origin, label, component, address] = line.split('|');
    if (origin === 'Debian' && label === 'Debian' && component === 'main' && address !== undefined)
      return address;
  }
  throw new Error('apt knows no mirror of Debian; apt-get update may help');
}

/**
 * @param {string} suite
 * @param {string} mirror
 * @param {string} folder for all that apt keeps
 * @returns {Promise<string[]>} the packages' files
 */
async function download(suite, mirror, folder) {
  const archives = join(folder, 'archives');
  for (const part of ['lists/partial', 'archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  // Backports are built upon the suite that they are for.
  const suites = suite.endsWith('-backports')
    ? [suite.slice(0, -'-backports'.length), suite]
    : [suite];
  const sources = suites.map((name) => `deb [signed-by=${KEYRING}] ${mirror} ${name} main\n`);
  writeFileSync(join(folder, 'sources.list'), sources.join(''));
  // Nothing counts as installed: so whatever is needed is fetched.
  writeFileSync(join(folder, 'status'), '');
  const configuration = join(folder, 'apt.conf');
  writeFileSync(configuration, await configurationOf(folder, archives));
  const env = { ...process.env, APT_CONFIG: configuration };
  await output('apt-get', ['-qq', 'update'], { env });
  const target = suites.length > 1 ? ['--target-release', suite] : [];
  const install = ['-qq', '-y', ...target, '--download-only', 'install', 'qemu-utils'];
  await output('apt-get', install, { env });
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

/**
 * How this machine fetches (proxies and the like), and nothing else of its configuration: neither
 * its sources nor what it runs after an update.
 * @param {string} folder
 * @param {string} archives
 */
async function configurationOf(folder, archives) {
  const dump = await output('apt-config', ['dump', 'Acquire']);
  const fetching = dump.split('\n').filter((line) => line.startsWith('Acquire::'));
  /** @type {Record<string, string>} */
  const own = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': archives,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
  };
  const lines = Object.entries(own).map(([key, value]) => `${key} "${value}";`);
  return `${[...fetching, ...lines].join('\n')}\n`;
}

/**
 * @param {readonly string[]} packages
 * @param {string} root
 */
async function unpack(packages, root) {
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    mkdirSync(join(root, 'usr', name), { recursive: true });
    // Some packages still have their files there, and may make a folder of it.
    symlinkSync(join('usr', name), join(root, name));
  }
  for (const file of packages) await output('dpkg-deb', ['--extract', file, root]);
}

/**
 * Each tool as a script that starts it with the loader and the libraries beside it.
 * @param {string} root
 * @param {string} folder
 */
function writeTools(root, folder) {
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  const libraries = files.filter(({ name }) => /\.so(\.|$)/.test(name));
  // A link may lead to the system's own loader.
  const loader = libraries.find((file) => file.isFile() && /^ld-linux.*\.so\.\d+$/.test(file.name));
  if (loader === undefined) throw new Error('there is no loader among the packages');
  const folders = [...new Set(libraries.map(({ parentPath }) => parentPath))].join(':');
  mkdirSync(folder);
  for (const tool of TOOLS) {
    const start = [join(loader.parentPath, loader.name), '--argv0', tool];
    const words = [...start, '--library-path', folders, join(root, 'usr/bin', tool)];
    const script = `#!/bin/sh\nexec ${words.map(quoted).join(' ')} "$@"\n`;
    writeFileSync(join(folder, tool), script, { mode: 0o755 });
  }
}

/** @type {(word: string) => string} */
const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * What a program prints; its own words are the error when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} [options]
 */
async function output(command, args, options = {}) {
  const { code, output: text } = await run(command, args, { ...options, quiet: true });
  if (code !== 0) throw new Error(`${command} ${args[0]}: ${text.trim() || `exit code ${code}`}`);
  return text;
}
