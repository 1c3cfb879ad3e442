import { expect, test } from 'vitest';
import { parseSimulatedOperation } from '../../../../src/core/simulate/copy/operation.js';
import {
  qemuScript,
  type ScriptOptions,
} from '../../../../src/core/simulate/verdict/qemuScript.js';

const PLAIN: ScriptOptions = {
  guard: { mode: 'cached', types: {} },
  caches: { cacheSize: '', l2CacheSize: '', l2CacheEntrySize: '', refcountCacheSize: '' },
  cache: 'writethrough',
  discardNoUnref: false,
  shell: 'bash',
};

const operations = (...lines: string[]) =>
  lines.map((line) => {
    const parsed = parseSimulatedOperation(line);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.value;
  });

test('guest requests are commands of one qemu-io, on a copy', () => {
  const list = operations(
    'write 0x30000000 64K',
    'write-zeroes 0 1M unmap',
    'write-zeroes 0 512',
    'write-compressed 1M 64K',
    'discard 2M 1M',
    'flush',
    'close',
  );
  expect(qemuScript(list, 'a.qcow2', PLAIN).split('\n')).toEqual([
    "cp --sparse=always -- './a.qcow2' './simulated-a.qcow2'",
    "qemu-io --image-opts 'driver=qcow2,file.filename=./simulated-a.qcow2,discard=unmap,overlap-check.template=cached' \\",
    "  -c 'write 0x30000000 64K' \\",
    "  -c 'write -z -u 0x0 1M' \\",
    "  -c 'write -z 0x0 512' \\",
    "  -c 'write -c 0x100000 64K' \\",
    "  -c 'discard 0x200000 1M' \\",
    "  -c 'flush'",
  ]);
});

test('settings and cache mode are handed on', () => {
  const script = qemuScript(operations('flush', 'abort'), 'a', {
    guard: { mode: 'none', types: { 'active-l2': true, 'main-header': false } },
    caches: { ...PLAIN.caches, l2CacheSize: '64K', l2CacheEntrySize: '4096' },
    cache: 'writeback',
    discardNoUnref: true,
    shell: 'bash',
  });
  expect(script).toContain('qemu-io -t writeback --image-opts ');
  expect(script).toContain(
    ',overlap-check.template=none,overlap-check.active-l2=on,overlap-check.main-header=off,l2-cache-size=64K,l2-cache-entry-size=4096,discard-no-unref=on',
  );
  expect(script).toMatch(/-c 'flush' \\\n {2}-c 'abort'$/);
});

test('snapshots are qemu-img’s, and what QEMU cannot do is a comment', () => {
  const list = operations('write 0 1', "snapshot-create it's", 'host-write data 0x10000 512');
  const lines = qemuScript(list, 'a', PLAIN).split('\n');
  expect(lines.slice(-2)).toEqual([
    "qemu-img snapshot -c 'it'\\''s' './simulated-a'",
    "# no command of QEMU's: host-write data 65536 512",
  ]);
});

test('a hostile file name stays a name', () => {
  const script = qemuScript(operations('flush'), "a,b'; rm -rf ~ #.qcow2", PLAIN);
  expect(script).toContain(
    "'driver=qcow2,file.filename=./simulated-a,,b'\\''; rm -rf ~ #.qcow2,discard=unmap,",
  );
});

test('where PowerShell is usual, it is a script of PowerShell', () => {
  const list = operations('write 0 1', 'flush', "snapshot-create it's");
  expect(qemuScript(list, 'a.qcow2', { ...PLAIN, shell: 'powershell' }).split('\n')).toEqual([
    "Copy-Item -LiteralPath './a.qcow2' -Destination './simulated-a.qcow2'",
    "qemu-io --image-opts 'driver=qcow2,file.filename=./simulated-a.qcow2,discard=unmap,overlap-check.template=cached' `",
    "  -c 'write 0x0 1' `",
    "  -c 'flush'",
    '# the simulation stays open here; qemu-img opens and closes the image by itself',
    "qemu-img snapshot -c 'it''s' './simulated-a.qcow2'",
  ]);
});

test('no control character of a name is left in a script', () => {
  const list = operations('flush', 'snapshot-create a\u0003\u001bb');
  for (const shell of ['bash', 'powershell'] as const) {
    const script = qemuScript(list, 'a\u0015\rb\nc', { ...PLAIN, shell });
    expect(script.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(script.split('\n')).toHaveLength(5);
  }
});
