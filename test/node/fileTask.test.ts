import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isRecord } from '../../src/core/record.js';
import { dataInClusters, requiredSize, USUAL_IMAGE } from '../../src/core/space/newImage.js';
import { runFileTask } from '../../src/node/fileTask.js';
import { runCli, folderOfTests } from '../cli/runCli.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';
import { mkdirSync } from 'node:fs';

const folder = folderOfTests();
const below = join(folder, 'below');
const top = join(folder, 'top.qcow2');
const base = join(below, 'base.qcow2');

/** A base with a snapshot, in a folder of its own, and an image above it. */
beforeAll(() => {
  mkdirSync(below);
  const lower = new ImageBuilder({ virtualSize: 2 ** 24 });
  lower.write(0, 64);
  lower.snapshot({ name: 'early' });
  lower.write(0, 16);
  lower.snapshot({ name: 'late' });
  writeSparse(base, layOut(lower));
  const upper = new ImageBuilder({
    virtualSize: 2 ** 24,
    backing: { name: 'below/base.qcow2', format: 'qcow2' },
  });
  upper.write(32, 64);
  writeSparse(top, layOut(upper));
});

const json = (...words: readonly string[]): Readonly<Record<string, unknown>> => {
  const value: unknown = JSON.parse(runCli([...words]).stdout);
  if (!isRecord(value)) throw new Error('no object');
  return value;
};

const chain = (allowed: { readonly roots?: string[]; readonly folders?: string[] }) => {
  const result = runFileTask({ type: 'chain', path: top, roots: [], folders: [], ...allowed });
  if (result.type !== 'chain') throw new Error(result.type);
  return result;
};

describe('the chain of an open image', () => {
  it('is that of the command line, once its folders are allowed', () => {
    const { layers } = json('chain', '--json', top);
    for (const allowed of [{ folders: [below] }, { roots: [folder] }]) {
      const read = chain(allowed);
      expect(read.asks).toBeUndefined();
      expect(
        read.layers.map(({ filename, bytes, commit, fold, notes, format }) => ({
          ...{ filename, bytes, commit, fold, notes, format },
        })),
      ).toMatchObject(
        (Array.isArray(layers) ? layers : []).map((layer: unknown) =>
          isRecord(layer)
            ? {
                ...{ filename: layer.filename, bytes: layer.bytes, commit: layer.commit },
                ...{ fold: layer.fold, notes: layer.notes, format: layer.format },
              }
            : {},
        ),
      );
      expect(read.layers[1].bytes?.visible).toBe(32 * 65536);
    }
  });

  it('tells what a new file would need, as the command line does with --backing', () => {
    const { contents } = chain({ folders: [below] });
    if (!contents) throw new Error('not known');
    const data = dataInClusters(contents.data, USUAL_IMAGE.clusterSize);
    expect(json('space', '--json', '--backing', top)).toMatchObject({
      convert: { required: requiredSize(2 ** 24, data, USUAL_IMAGE) },
    });
    expect(data).toBe(96 * 65536);
  });

  it('opens nothing of a folder that nobody has allowed, and says what it would', () => {
    for (const allowed of [{}, { folders: [folder] }, { roots: [join(folder, 'elsewhere')] }]) {
      const read = chain(allowed);
      expect(read.asks).toBe(base);
      expect(read.layers.map(({ format }) => format)).toEqual(['qcow2', undefined]);
      expect(read.layers[1].naming?.name).toBe(relative(folder, base));
    }
  });
});

describe('a comparison in the editor', () => {
  it('is that of the command line: of two images, and of two states of one', () => {
    for (const [a, b, words] of [
      [{ path: base, snapshot: undefined }, { path: top, snapshot: undefined }, [base, top]],
      [{ path: base, snapshot: 0 }, { path: base, snapshot: undefined }, [`${base}#early`, base]],
    ] as const) {
      const result = runFileTask({ type: 'compare', a, b });
      if (result.type !== 'compare') throw new Error(result.type);
      expect({ ...result.comparison }).toEqual(json('compare', '--json', ...words));
      expect(result.comparison.guest.length).toBeGreaterThan(0);
      expect(`${result.lines.join('\n')}\n`).toBe(runCli(['compare', ...words]).stdout);
    }
    expect(runFileTask({ type: 'snapshots', path: base })).toEqual({
      type: 'snapshots',
      names: ['early', 'late'],
    });
  });
});
