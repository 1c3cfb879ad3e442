import { afterAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { infoJson } from '../../src/cli/infoReport.js';
import { FileSource } from '../../src/node/fileSource.js';
import { Bases } from './bases.js';
import { imageArgument, qemuInfo, temporaryFolder } from './qemu.js';
import { isAtLeast } from './qemuVersion.js';
import { IMAGE_NAME, Slot } from './slot.js';

/** What is not in the image's bytes. */
const ELSEWHERE = new Set(['actual-size', 'filename', 'full-backing-filename', 'children']);

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
      JSON.stringify(infoJson(source, imageArgument(IMAGE_NAME, base.isEncrypted))),
    );
    source.close();
    slot.close();
    expect(common(ours, theirs)).toEqual(theirs);
  });
});
