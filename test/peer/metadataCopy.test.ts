import { afterAll, describe, expect, test } from 'vitest';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../../src/core/record.js';
import { Random } from '../images/random.js';
import { runCli } from '../cli/runCli.js';
import { Bases } from './bases.js';
import { randomDamage } from './damage.js';
import { qemu, qemuCheck, temporaryFolder } from './qemu.js';
import { SEED } from './seed.js';
import { IMAGE_NAME, Slot } from './slot.js';
import { survey } from './survey.js';

const COPY = 'copy.qcow2';
/** Damages of each base. */
const DAMAGES = 1;

/** Nobody reads what is in those: data of the guest, or of nobody. */
const PRIVATE = new Set(['data', 'compressed', 'vm-state', 'unallocated', 'bitmap-data']);

/** Bytes of clusters in which the copy should have nothing, and has something. */
function toldOf(image: string, copy: string): string[] {
  const bytes = readFileSync(copy);
  const runs: unknown = JSON.parse(runCli(['layout', '--json', image]).stdout);
  const info: unknown = JSON.parse(runCli(['info', '--json', image]).stdout);
  if (!Array.isArray(runs) || !isRecord(info)) throw new Error('no layout');
  const clusterSize = Number(info['cluster-size']);
  return runs.filter(isRecord).flatMap(({ offset, clusters, types }) => {
    if (!Array.isArray(types) || !types.every((type) => PRIVATE.has(String(type)))) return [];
    const end = Number(offset) + Number(clusters) * clusterSize;
    return bytes.subarray(Number(offset), end).every((byte) => byte === 0)
      ? []
      : [`${String(offset)}: ${types.join()}`];
  });
}

describe('a copy of the metadata', () => {
  const folder = temporaryFolder();
  const bases = new Bases(folder.path);
  afterAll(() => {
    folder.remove();
  });

  // A third of them each time: all take a minute.
  const names = bases.names.filter((_, index) => index % 3 === SEED % 3);
  test.concurrent.for(names)('is checked by qemu-img as %s', async (name) => {
    const base = bases.get(name);
    const slot = new Slot(base, join(folder.path, `copy-${name}`));
    const copy = join(slot.folder, COPY);
    const places = survey(base.file);
    const random = new Random(SEED + bases.names.indexOf(name) * 0x9e3779b1);
    for (let number = 0; number <= DAMAGES; number++) {
      if (number > 0) slot.apply(randomDamage(random, places));
      const { code, stderr } = runCli(['export-metadata', slot.path, copy]);
      // What nobody can scan has no metadata to copy.
      if (code !== 0) expect(stderr).toMatch(/^qcow2-lens: /);
      // Without its key material an encrypted image cannot be unlocked: ours needs no key.
      else if (base.isEncrypted) {
        const [original, copied] = [slot.path, copy].map((path) =>
          JSON.stringify(runCli(['check', path])).replaceAll(path, IMAGE_NAME),
        );
        expect(copied).toBe(original);
      } else {
        const ours = await qemuCheck(slot.folder, COPY);
        const theirs = await qemuCheck(slot.folder, IMAGE_NAME);
        const named = (text: string): string => text.replaceAll(COPY, IMAGE_NAME);
        expect(ours.messages.map(named)).toEqual(theirs.messages);
        expect({ ...ours.json, filename: '' }).toEqual({ ...theirs.json, filename: '' });
        expect(ours.exitCode).toBe(theirs.exitCode);
        if (number === 0) expect(toldOf(slot.path, copy)).toEqual([]);
      }
      rmSync(copy, { force: true });
      slot.heal();
    }
    slot.close();
  });

  test('hides the names that it is told to hide, and is never written over a file', () => {
    const image = join(folder.path, 'named.qcow2');
    const run = (...args: readonly string[]): string => qemu('qemu-img', args, folder.path);
    run('create', '-q', '-f', 'raw', 'secret-base', '4M');
    run('create', '-q', '-f', 'qcow2', '-b', 'secret-base', '-F', 'raw', image);
    run('snapshot', '-c', 'secret-snapshot', image);
    run('bitmap', '--add', image, 'secret-bitmap');
    const copy = join(folder.path, 'hidden.qcow2');
    expect(runCli(['export-metadata', image, copy, '--hide-names']).code).toBe(0);
    expect(readFileSync(copy).includes('secret')).toBe(false);
    expect(readFileSync(image).includes('secret')).toBe(true);
    expect(run('info', copy)).toContain('nn');
    const again = runCli(['export-metadata', image, copy]);
    expect(again.code).not.toBe(0);
    expect(again.stderr).toContain('file already exists');
  });
});
