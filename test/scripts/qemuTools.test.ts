import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inRoot } from '../../scripts/lib/repository.mjs';
import { unpackQemu, useQemu } from '../../scripts/lib/qemuTools.mjs';

const { PATH = '' } = process.env;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "qemu's tools-"));
  mkdirSync(join(folder, 'programs'));
  process.env.PATH = [join(folder, 'programs'), PATH].join(delimiter);
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

function program(name: string, script: string, directory = 'programs'): void {
  writeFileSync(join(folder, directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A Debian whose apt has a mirror, and one package with a loader that says how it was started. */
function debian(targets: string): void {
  program('apt-config', 'echo \'Acquire::http::Proxy "http://proxy.invalid";\'\necho warning >&2');
  program(
    'apt-get',
    `case "$*" in
      indextargets*) printf '${targets}' ;;
      *update) cp "$(dirname "$APT_CONFIG")/sources.list" "$APT_CONFIG" "${folder}" ;;
      *'install qemu-utils') touch "$(dirname "$APT_CONFIG")/archives/all.deb" ;;
    esac`,
  );
  program(
    'dpkg-deb',
    `mkdir -p "$3/lib64" "$3/usr/bin"
    printf '#!/bin/sh\\nshift 4\\nexec "$@"' > "$3/lib64/ld-linux-any.so.2"
    printf '#!/bin/sh\\necho "$(basename "$0"):$*"' > "$3/usr/bin/qemu-img"
    cp "$3/usr/bin/qemu-img" "$3/usr/bin/qemu-io"
    chmod +x "$3"/lib64/* "$3"/usr/bin/*`,
  );
}

const TARGETS =
  'Else|Else|main|http://else.invalid\\n' +
  'Debian|Debian-Security|main|http://security.invalid\\n' +
  'Debian|Debian|main|http://mirror.invalid/debian/\\n';

test('tools of a suite come from apt’s own mirror, and run with the libraries beside them', async () => {
  debian(TARGETS);
  const tools = await unpackQemu('sid', join(folder, 'sid'));
  expect(readFileSync(join(folder, 'sources.list'), 'utf8')).toMatch(
    /^deb \[signed-by=\S+\] http:\/\/mirror.invalid\/debian\/ sid main\n$/,
  );
  const configuration = readFileSync(join(folder, 'apt.conf'), 'utf8');
  expect(configuration).toContain('Acquire::http::Proxy "http://proxy.invalid";');
  expect(configuration).not.toContain('warning');
  const run = spawnSync(join(tools, 'qemu-io'), ['-c', 'read 0 1'], { encoding: 'utf8' });
  expect(run.stdout).toBe('qemu-io:-c read 0 1\n');
  // What is there is not fetched again.
  program('apt-get', 'exit 1');
  expect(await unpackQemu('sid', join(folder, 'sid'))).toBe(tools);
});

test('backports come with the suite that they are for', async () => {
  debian(TARGETS);
  await unpackQemu('trixie-backports', join(folder, 'backports'));
  expect(readFileSync(join(folder, 'sources.list'), 'utf8').match(/\S+ main$/gm)).toEqual([
    'trixie main',
    'trixie-backports main',
  ]);
});

test('what does not work is told, and leaves no tools behind', async () => {
  const sid = join(folder, 'sid');
  await expect(unpackQemu('../etc', sid)).rejects.toThrow("'../etc' is no suite of Debian");
  debian('');
  await expect(unpackQemu('sid', sid)).rejects.toThrow('apt knows no mirror of Debian');
  debian(TARGETS);
  program('dpkg-deb', 'echo damaged >&2; exit 2');
  await expect(unpackQemu('sid', sid)).rejects.toThrow('dpkg-deb --extract: damaged');
  expect(existsSync(join(sid, 'bin'))).toBe(false);
});

test('the tools of a folder come before those of the system', () => {
  mkdirSync(join(folder, 'tools'));
  program('qemu-img', '', 'tools');
  expect(() => {
    useQemu(join(folder, 'tools'));
  }).toThrow('holds no qemu-io');
  program('qemu-io', '', 'tools');
  useQemu(join(folder, 'tools'));
  expect(process.env.PATH?.startsWith(join(folder, 'tools') + delimiter)).toBe(true);
});

test('npm test refuses a folder without the tools before it does anything else', () => {
  const script = inRoot('scripts/test.mjs');
  const args = [script, 'peer', '--qemu', folder];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([run.status, run.stdout, run.stderr]).toEqual([
    1,
    '',
    `test: ${folder} holds no qemu-img\n`,
  ]);
});
