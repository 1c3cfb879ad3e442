import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { folderOfTests, runCli } from './runCli.js';

const folder = folderOfTests();

/** An image whole, and with a header that names no L1 table; where the table is. */
function images(): { whole: string; lost: string; l1: number } {
  const bytes = fileBytes(
    layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 9).write(9000, 3)),
  );
  const whole = join(folder, 'whole.qcow2');
  writeFileSync(whole, bytes);
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const l1 = Number(header.getBigUint64(40));
  header.setUint32(36, 0);
  header.setBigUint64(40, 0n);
  const lost = join(folder, 'lost.qcow2');
  writeFileSync(lost, bytes);
  return { whole, lost, l1 };
}

const without = (text: string): string => text.replaceAll(/whole|lost/g, 'image');

describe('--assume-l1', () => {
  it.each(['info', 'check', 'map', 'layout', 'diagnose'])('%s as of the whole image', (command) => {
    const { whole, lost, l1 } = images();
    const expected = runCli([command, whole]);
    expect(without(runCli([command, lost]).stdout)).not.toBe(without(expected.stdout));
    for (const place of [`0x${l1.toString(16)}`, `${l1},16`]) {
      const { code, stdout } = runCli([command, lost, '--assume-l1', place]);
      expect({ code, stdout: without(stdout) }).toEqual({
        code: expected.code,
        stdout: without(expected.stdout),
      });
    }
  });

  it.each(['1,2,3', 'x', ''])('refuses %j', (place) => {
    const { code, stderr } = runCli(['map', images().whole, '--assume-l1', place]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^qcow2-lens: .*assume-l1/);
  });
});
