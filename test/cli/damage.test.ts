import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { folderOfTests, runCli } from './runCli.js';

const folder = folderOfTests();
const CLUSTER = 2 ** 16;

/** An image whose end is missing, with the data of the last clusters; and an MBR with one partition. */
function cutOff(): string {
  const disk = new Uint8Array(CLUSTER);
  const view = new DataView(disk.buffer);
  view.setUint8(446 + 4, 0x83);
  view.setUint32(446 + 8, 2048, true);
  view.setUint32(446 + 12, 2048, true);
  view.setUint16(510, 0x55aa);
  const image = new ImageBuilder({ virtualSize: 2 ** 22 }).write(0, 1, disk).write(16, 8);
  const bytes = fileBytes(layOut(image));
  const path = join(folder, 'cut.qcow2');
  writeFileSync(path, bytes.subarray(0, bytes.length - 4 * CLUSTER));
  return path;
}

const ranges = (document: unknown): { start: number; length: number; state: string }[] => {
  if (typeof document !== 'object' || document === null || !('disks' in document)) return [];
  const { disks } = document;
  return Array.isArray(disks) ? disks.flatMap((disk: { ranges: [] }) => disk.ranges) : [];
};

describe('diagnose --damage', () => {
  it('json: the ranges of the disk, their causes and partitions', () => {
    const { stdout, code } = runCli(['diagnose', cutOff(), '--damage', 'json']);
    expect(code).toBe(2);
    const document: unknown = JSON.parse(stdout);
    const found = ranges(document);
    expect(found.length).toBeGreaterThan(0);
    for (const range of found) expect(range).toMatchObject({ state: 'lost', partitions: [1] });
    expect(found.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThanOrEqual(3 * CLUSTER);
    expect(document).toMatchObject({
      partitions: [{ number: 1, start: 2 ** 20, length: 2 ** 20 }],
    });
  });

  it('ddrescue: the whole disk without gaps', () => {
    const path = cutOff();
    const { stdout } = runCli(['diagnose', path, '--damage', 'ddrescue']);
    const blocks = stdout
      .split('\n')
      .filter((line) => line.startsWith('0x'))
      .slice(1)
      .map((line) => line.split(/ +/));
    let at = 0;
    for (const [start, length] of blocks) {
      expect(Number(start)).toBe(at);
      at += Number(length);
    }
    expect(at).toBe(2 ** 22);
    const bad = blocks.filter(([, , mark]) => mark === '-');
    const lost = ranges(JSON.parse(runCli(['diagnose', path, '--damage', 'json']).stdout));
    expect(bad.map(([start, length]) => [Number(start), Number(length)])).toEqual(
      lost.map(({ start, length }) => [start, length]),
    );
  });

  it('json: snapshots of one name are kept apart', () => {
    const image = new ImageBuilder({ virtualSize: 2 ** 22 }).write(0).snapshot({ name: 'same' });
    image.write(0).snapshot({ name: 'same' });
    const path = join(folder, 'same.qcow2');
    const bytes = fileBytes(layOut(image));
    const table = image.snapshots[0].l1.tables[0]?.cluster ?? 0;
    // Guest cluster 0 of the older one lies past the end of the file.
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(table * CLUSTER, 2n ** 40n);
    writeFileSync(path, bytes);
    const { stdout } = runCli(['diagnose', path, '--damage', 'json']);
    const lost = { start: 0, length: CLUSTER, state: 'lost' };
    expect(JSON.parse(stdout)).toMatchObject({
      disks: [
        { ranges: [] },
        { snapshot: 'same', id: '1', ranges: [lost] },
        { snapshot: 'same', id: '2', ranges: [] },
      ],
    });
  });

  it('refuses another word', () => {
    expect(runCli(['diagnose', cutOff(), '--damage', 'xml'])).toMatchObject({
      code: 1,
      stderr: "qcow2-lens: --damage is 'json' or 'ddrescue', found 'xml'\n",
    });
  });
});
