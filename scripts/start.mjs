// `npm start [-- IMAGE | DIRECTORY]`: VS Code with this extension, on the samples or on what is named. On a fresh clone only Node's own modules are there: whatever needs packages is imported
// after they have been installed.
import { rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findProgram, installPackages } from './lib/install.mjs';
import { writeOpener } from './lib/opener.mjs';
import { run, start } from './lib/processes.mjs';
import { root } from './lib/repository.mjs';
import { startServer } from './lib/vscodeServer.mjs';

const PORT = 8123;

const HELP = `npm start                    VS Code with this extension, on a folder of sample images
npm start -- IMAGE           the same with this image open
npm start -- DIRECTORY       the same on this folder
PORT=N npm start             the VS Code server listens at port N (${PORT} without it, 0 for any),
                             or at the next one that is free

Uses the \`code\` on your PATH; where there is none, a VS Code server, which is installed into
.cache/ at the first start (Linux on x64).
`;

/**
 * What is named on the command line, as absolute paths.
 * @returns {{ image?: string, folder?: string }}
 */
function target() {
  const [argument, ...more] = process.argv.slice(2);
  if (argument === '--help' || argument === '-h') {
    process.stdout.write(HELP);
    process.exit(0);
  }
  if (more.length > 0 || argument?.startsWith('-') === true) fail(HELP.trimEnd());
  if (argument === undefined) return {};
  // npm changes into the package's folder; the path is meant from where the user stands.
  const path = resolve(process.env.INIT_CWD ?? process.cwd(), argument);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return { image: path, folder: dirname(path) };
  if (found?.isDirectory() === true) return { folder: path };
  return fail(`${path}: no such file or folder`);
}

/** The port that the user wants. */
function wantedPort() {
  const text = process.env.PORT;
  if (text === undefined || text === '') return PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 0xffff) return port;
  return fail(`PORT=${text}: expected a number from 0 to 65535`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}

/**
 * The installed VS Code: its window is the user's own, and outlives us.
 * @param {string} code
 * @param {string} folder
 * @param {readonly string[]} extensions
 */
async function openDesktop(code, folder, extensions) {
  const development = extensions.map((path) => `--extensionDevelopmentPath=${path}`);
  const result = await run(code, ['--new-window', ...development, folder], {
    shell: process.platform === 'win32',
  });
  if (result.code !== 0) fail(`${code} ended with exit code ${result.code}`);
  console.log(`VS Code is open on ${folder}.`);
}

/**
 * @param {string} folder
 * @param {readonly string[]} extensions
 */
async function openServer(folder, extensions) {
  const server = await startServer({ extensions, port: wanted });
  if (wanted !== 0 && server.port !== wanted) {
    console.log(`Port ${wanted} is taken: using ${server.port}.`);
  }
  const address = `${server.url}/?${new URLSearchParams({ folder }).toString()}`;
  console.log(`VS Code with the extension: ${address}`);
  console.log('Ctrl+C ends it.');
  const hasDisplay = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY;
  const opener = findProgram('xdg-open', 'chromium');
  if (hasDisplay !== undefined && opener !== undefined) {
    start(opener, [address], { stdio: 'ignore' }).on('error', () => {
      console.log('No browser could be opened: open the address yourself.');
    });
  }
}

const { image, folder: named } = target();
const wanted = wantedPort();
try {
  await installPackages();
  const { step } = await import('./lib/step.mjs');
  const { build } = await import('./build.mjs');
  await step('Building the extension', build);
  const { makeSamples } = await import('./lib/samples.mjs');
  const folder = named ?? (await step('Making the sample images', makeSamples));
  const code = findProgram('code');
  const opener = image === undefined ? undefined : writeOpener(image);
  const extensions = opener === undefined ? [root] : [root, opener];
  if (code === undefined) {
    // The desktop's VS Code outlives us and may load it later; the server ends with us.
    process.on('exit', () => {
      if (opener !== undefined) rmSync(opener, { recursive: true, force: true });
    });
    await openServer(folder, extensions);
  } else {
    await openDesktop(code, folder, extensions);
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
