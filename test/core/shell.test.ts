import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonText } from '../../src/core/jsonText.js';
import { shellWord } from '../../src/core/shell.js';

/** Names that are commands or keys where they are not taken for text. */
const HOSTILE = [
  'a\u0003touch pwned\r',
  'a\u0015touch pwned\r#',
  "'\u0015touch pwned\r#",
  'a\u001b[201~\rtouch pwned\r',
  'a\rtouch pwned\r',
  'a\ntouch pwned\n',
  "a'\n!!\ntouch pwned\n'",
  '\u0004\u0003touch pwned\r',
  '\u0018\u0005',
  '\u001b',
  'tab\tand\u007f\u007f\u007fdelete',
  'c1 \u0085\u009b201~ and \u2028 and \u202egnp.exe',
  '$(touch pwned) `touch pwned` ; touch pwned & touch pwned | touch pwned',
  'it\'s \\ "!!" $HOME ~ * {a,b}',
  'é中😀',
  '\\x41\u0001\\',
  '\u001bc0ffee \u00ad1',
  ' ',
  '',
];

// Types a line into an interactive bash on a terminal of its own, as a paste does, once bash is
// ready for it, and ends it once it is ready for the next. Arguments: the line as hex, whether the
// paste is bracketed.
const TYPIST = `
import fcntl, os, pty, signal, struct, sys, termios
line, bracketed = bytes.fromhex(sys.argv[1]), sys.argv[2] == 'true'
if bracketed: line = b'\\x1b[200~' + line + b'\\x1b[201~'
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(PS1='$ ', PROMPT_COMMAND='echo READY-$((++ready))', TERM='xterm', INPUTRC='/dev/null')
    os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 1000, 0, 0))
seen = b''
def until(what):
    global seen
    while what not in seen: seen += os.read(terminal, 4096)
until(b'READY-1')
until(b'$ ')
os.write(terminal, line + b'\\r')
until(b'READY-2')
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
`;

const hasTerminal =
  process.platform !== 'win32' &&
  ['python3', 'bash'].every((program) => spawnSync(program, ['--version']).status === 0);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcow2-lens-shell-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a command that is given the word writes of it; undefined when it never ran. */
function paste(word: string, isBracketed: boolean): Buffer | undefined {
  const line = Buffer.from(`printf %s ${word} >heard`).toString('hex');
  const run = spawnSync('python3', ['-c', TYPIST, line, String(isBracketed)], {
    cwd: folder,
    // A quote left open would wait for its end.
    timeout: 20_000,
  });
  expect(run.stderr.toString()).toBe('');
  const heard = join(folder, 'heard');
  return existsSync(heard) ? readFileSync(heard) : undefined;
}
const isPwned = (): boolean => existsSync(join(folder, 'pwned'));

describe.runIf(hasTerminal)('a word pasted into bash on a terminal', () => {
  describe.each([true, false])('with bracketed paste: %s', (isBracketed) => {
    it.each(HOSTILE)('%j is text', (text) => {
      expect(paste(shellWord(text, 'bash'), isBracketed)?.toString()).toBe(text);
      expect(isPwned()).toBe(false);
    });
  });

  it('would be a command in plain quotes', () => {
    paste("'\u0015touch pwned #'", false);
    expect(isPwned()).toBe(true);
  });
});

describe('a word of PowerShell', () => {
  it.each([
    ['C:\\a $HOME `b` "c".qcow2', `'C:\\a $HOME \`b\` "c".qcow2'`],
    ["it's \u2018so\u2019", "'it''s \u2018\u2018so\u2019\u2019'"],
    ['a\u0003b\r\n', "('' + 'a' + [char]3 + 'b' + [char]13 + [char]10)"],
    ['\u202e', "('' + [char]8238)"],
    ['', "''"],
  ])('%j', (text, word) => {
    expect(shellWord(text, 'powershell')).toBe(word);
  });
});

it.each(['bash', 'powershell'] as const)('nothing unseen is left in a word of %s', (shell) => {
  for (const text of HOSTILE)
    expect(shellWord(text, shell)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
});

it('nor in JSON, which says the same', () => {
  for (const text of HOSTILE) {
    const json = jsonText({ [text]: text }, 2);
    expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(json)).toEqual({ [text]: text });
  }
});
