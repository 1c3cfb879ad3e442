// `npm start [-- image.qcow2]`: VS Code with this extension, on the samples or on the image's
// folder. On a fresh clone only Node's own modules are there: whatever needs packages is imported
// after they have been installed.
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findProgram, installPackages } from './lib/install.mjs';
import { writeOpener } from './lib/opener.mjs';
import { run, start } from './lib/processes.mjs';
import { root } from './lib/repository.mjs';
import { startServer } from './lib/vscodeServer.mjs';

const PORT = 8123;

/** The image named on the command line, as an absolute path. */
function imageArgument() {
  const [argument, ...more] = process.argv.slice(2);
  if (more.length > 0) fail('usage: npm start [-- path/to/image.qcow2]');
  if (argument === undefined) return undefined;
  // npm changes into the package's folder; the path is meant from where the user stands.
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), argument);
  if (!existsSync(file) || !statSync(file).isFile()) fail(`${file}: no such file`);
  return file;
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
  const wanted = process.env.PORT;
  const server = await startServer({
    extensions,
    ...(wanted === '0' ? {} : { port: Number(wanted ?? PORT) }),
  });
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

const image = imageArgument();
await installPackages();
const { build } = await import('./build.mjs');
await build();
let folder;
if (image === undefined) {
  const { makeSamples } = await import('./lib/samples.mjs');
  folder = await makeSamples();
} else {
  folder = dirname(image);
}
const extensions = [root, ...(image === undefined ? [] : [writeOpener(image)])];
const code = findProgram('code');
try {
  if (code === undefined) await openServer(folder, extensions);
  else await openDesktop(code, folder, extensions);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
