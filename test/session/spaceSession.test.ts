import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { scan } from '../../src/core/check/scan.js';
import { isMappable, openImage } from '../../src/core/qcow2/image.js';
import { spaceBill } from '../../src/core/space/bill.js';
import { finish } from '../../src/core/work.js';
import { SpaceSession } from '../../src/session/spaceSession.js';
import { FileSource } from '../../src/node/fileSource.js';
import { folderOfTests, runCli } from '../cli/runCli.js';
import { scanned } from '../core/opened.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { writeSparse } from '../images/pieces.js';

const NOTHING = { gone: [], bitmaps: [], leaks: false };
const folder = folderOfTests();

const file = scanned(
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 24 })
      .write(0, 64)
      .snapshot({ name: 'a' })
      .write(0, 16)
      .snapshot({ name: 'b' })
      .write(0, 32)
      .snapshot({ name: 'a' }),
  ),
);
const bill = finish(spaceBill(file));

const mappable = (source: FileSource) => {
  const image = openImage(source);
  if (!isMappable(image)) throw new Error('not mappable');
  return image;
};

describe('the bill of an open image', () => {
  it('is added up when it is asked for, and is that of the command line', () => {
    const session = new SpaceSession(4096);
    expect(session.advance(1)).toBe(false);
    expect(session.answer(file, NOTHING)).toEqual({ state: 'computing', done: 0 });
    while (session.advance(1));
    const answer = session.answer(file, { gone: [0, 1], bitmaps: [], leaks: false });
    if (answer.state !== 'known') throw new Error(answer.state);
    expect(answer.parts).toEqual(bill.parts);
    expect(answer.freedBytes).toBe(bill.freedBy([0, 1]));
    expect(answer.allFreedBytes).toBe(bill.freedBy([0, 1, 2]));
    expect(answer.freedBytes).toBeGreaterThan(
      answer.snapshots[0].freedBytes + answer.snapshots[1].freedBytes,
    );
    expect(answer.snapshots.map(({ name, isNamesake }) => [name, isNamesake])).toEqual([
      ['a', true],
      ['b', false],
      ['a', true],
    ]);
  });

  it('says what `space --json` says of the same file', () => {
    const path = join(folder, 'whole.qcow2');
    const image = new ImageBuilder({ virtualSize: 2 ** 24 }).write(0, 64);
    for (let at = 100; at < 106; at++) image.compress(at, new Uint8Array(65536).fill(at));
    for (const name of ['mon', 'tue']) image.bitmap({ name, granularityBits: 16, dirty: [[0, 8]] });
    writeSparse(path, layOut(image.snapshot({ name: 'a' }).write(0, 16).leak(5)));
    const told: unknown = JSON.parse(runCli(['space', '--json', path]).stdout);
    const source = FileSource.open(path);
    try {
      const whole = finish(scan(mappable(source)));
      const session = new SpaceSession(source.allocatedBytes);
      session.answer(whole, NOTHING);
      while (session.advance(1));
      const answer = session.answer(whole, NOTHING);
      if (answer.state !== 'known') throw new Error(answer.state);
      const { file, parts, snapshots, bitmaps, leaks, convert, contents } = answer;
      expect(told).toMatchObject({
        file,
        parts,
        snapshots: snapshots.map(({ name, id, exclusiveBytes, freedBytes, vmStateBytes }) => ({
          ...{ name, id, exclusiveBytes, freedBytes, vmStateBytes },
        })),
        bitmaps: bitmaps.map(({ name, bytes, freedBytes }) => ({ name, bytes, freedBytes })),
        leaks: { bytes: leaks.bytes },
        convert,
        compressedDiskBytes: contents?.compressed,
      });
      expect(contents?.compressed).toBe(6 * 65536);
      expect(leaks.bytes).toBe(5 * 65536);
      expect(leaks.danger).toContain('would delete the snapshot');
      // Both bitmaps, and with them the directory.
      const all = session.answer(whole, { ...NOTHING, bitmaps: [0, 1] });
      expect(all).toMatchObject({
        freedBytes: bitmaps.reduce((sum, { freedBytes }) => sum + freedBytes, 65536),
      });
    } finally {
      source.close();
    }
  });
});
