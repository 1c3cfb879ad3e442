import { afterAll, describe, expect, test } from 'vitest';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { infoJson } from '../../src/cli/info/infoReport.js';
import { openImage } from '../../src/core/qcow2/image.js';
import { FileSource } from '../../src/node/fileSource.js';
import { Bases } from './bases.js';
import { imageArgument, qemu, qemuInfo, SECRET_ARGUMENTS, temporaryFolder } from './qemu.js';
import { makeLuks } from './realImages.js';
import { isAtLeast } from './qemuVersion.js';
import { IMAGE_NAME, Slot } from './slot.js';

/** What is not in the image's bytes. */
const ELSEWHERE = new Set(['actual-size', 'filename', 'children']);

/** Takes from `ours` what `theirs` has too, all the way down: ours may say more. */
function common(ours: unknown, theirs: unknown): unknown {
  if (Array.isArray(ours) && Array.isArray(theirs))
    return ours.map((value: unknown, index) => common(value, theirs[index]));
  if (!isRecord(ours) || !isRecord(theirs)) return ours;
  return Object.fromEntries(
    Object.entries(ours)
      .filter(([key]) => key in theirs)
      .map(([key, value]) => [key, common(value, theirs[key])]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutElsewhere(info: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(info).filter(([key]) => !ELSEWHERE.has(key));
  return Object.fromEntries(kept);
}

describe('our info and qemu-img info', () => {
  const folder = temporaryFolder();
  const bases = new Bases(folder.path);
  afterAll(() => {
    folder.remove();
  });

  test.for(bases.names)('agree on %s', async (name) => {
    const base = bases.get(name);
    const slot = new Slot(base, join(folder.path, `info-${name}`));
    const all = await qemuInfo(slot.folder, IMAGE_NAME, base.isEncrypted);
    expect('children' in all).toBe(isAtLeast(8, 0));
    const theirs = withoutElsewhere(all);
    const source = FileSource.open(slot.path);
    const ours: unknown = JSON.parse(
      JSON.stringify(infoJson(openImage(source), imageArgument(IMAGE_NAME, base.isEncrypted))),
    );
    source.close();
    slot.close();
    expect(common(ours, theirs)).toEqual(theirs);
  });

  async function compare(cwd: string, name: string): Promise<void> {
    const theirs = withoutElsewhere(await qemuInfo(cwd, name, false));
    const source = FileSource.open(join(cwd, name));
    const ours: unknown = JSON.parse(JSON.stringify(infoJson(openImage(source), name)));
    source.close();
    expect(common(ours, theirs)).toEqual(theirs);
  }

  test.for([
    'encrypt.cipher-alg=serpent-128,encrypt.cipher-mode=cbc,encrypt.ivgen-alg=essiv,encrypt.ivgen-hash-alg=sha256',
    'encrypt.cipher-alg=cast5-128,encrypt.cipher-mode=cbc,encrypt.hash-alg=sha512',
    'encrypt.cipher-alg=aes-128,encrypt.cipher-mode=xts,encrypt.ivgen-alg=plain',
    'encrypt.cipher-alg=aes-256,encrypt.cipher-mode=ctr,encrypt.hash-alg=ripemd160',
  ])('agree on LUKS with %s', async (options) => {
    makeLuks(folder.path, [options], 'luks.qcow2');
    await compare(folder.path, 'luks.qcow2');
  });

  test('agree on an image with AES', async () => {
    const options = 'encrypt.format=aes,encrypt.key-secret=key0';
    const args = ['create', '-q', ...SECRET_ARGUMENTS, '-f', 'qcow2', '-o', options];
    qemu('qemu-img', [...args, 'aes.qcow2', '1M'], folder.path);
    await compare(folder.path, 'aes.qcow2');
  });

  test.for([
    'base.qcow2',
    './base.qcow2',
    '/somewhere/base.qcow2',
    '../base.qcow2',
    'file:base.qcow2',
    'x:y.qcow2',
    ':y.qcow2',
    './x:y.qcow2',
    'nbd://localhost/disk',
    'json:{"driver":"file","filename":"base.qcow2"}',
  ])('agree on the whole name of %s', async (backing) => {
    mkdirSync(join(folder.path, 'chain'), { recursive: true });
    const create = ['create', '-q', '-u', '-f', 'qcow2', '-b', backing, '-F', 'qcow2'];
    qemu('qemu-img', [...create, 'chain/top.qcow2', '1M'], folder.path);
    await compare(folder.path, 'chain/top.qcow2');
    await compare(join(folder.path, 'chain'), 'top.qcow2');
  });
});
