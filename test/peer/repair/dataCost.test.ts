import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openImage } from '../../../src/core/qcow2/image.js';
import { type RepairCost, repairCost, type ViewCost } from '../../../src/core/repair/cost/cost.js';
import { repair } from '../../../src/core/repair/repair.js';
import type { RepairMode } from '../../../src/core/repair/mode.js';
import { Unpredictable } from '../../../src/core/simulate/copy/failure.js';
import { finish } from '../../../src/core/work.js';
import { FileSource } from '../../../src/node/fileSource.js';
import { Random } from '../../images/random.js';
import { Bases } from '../bases.js';
import { randomDamage } from '../damage.js';
import { imageArgument, temporaryFolder } from '../qemu.js';
import { SEED } from '../seed.js';
import { IMAGE_NAME } from '../slot.js';
import { survey } from '../survey.js';
import { GuestView } from './guestView.js';
import { qemuRepair } from './repairRun.js';
import { RepairSlot } from './repairSlot.js';

/** Damaged images, each repaired in both modes. */
const CASES = Math.ceil(Number(process.env.QCOW2_PEER_CASES ?? 2000) * 0.03);
/** Disks that are compared byte by byte. */
const MAX_DISK = 2 ** 27;
/** What can be said to qemu-img as the ID of a snapshot. */
const PLAIN_ID = /^\w+$/;

const folder = temporaryFolder();
const bases = new Bases(folder.path);
afterAll(() => {
  folder.remove();
});

test(
  `what reads as before does, after ${CASES} damages repaired in both modes by qemu-img`,
  async () => {
    const tally = new Map<string, number>();
    const count = (what: string, by = 1): void => {
      tally.set(what, (tally.get(what) ?? 0) + by);
    };
    const wrong: string[] = [];
    for (let number = 0; number < CASES; number++) {
      const random = new Random(SEED + number * 0x9e3779b1);
      const base = bases.get(random.pick(bases.names));
      const slot = new RepairSlot(base, join(folder.path, `case-${number}`));
      const damage = randomDamage(random, survey(base.file));
      slot.apply(damage);
      for (const mode of ['leaks', 'all'] as const) {
        const cost = ourCost(slot, mode);
        await qemuRepair(slot.folder, mode, base.isEncrypted, false);
        for (const view of cost?.views ?? []) {
          const found = await compareView(slot, view, base.isEncrypted, count);
          if (found !== undefined)
            wrong.push(
              `case ${number}, -r ${mode}: ${found}: ${JSON.stringify({ base: base.name, damage })}`,
            );
        }
        slot.restore();
      }
      slot.close();
    }
    console.log(`QCOW2_PEER_SEED=${SEED}`, Object.fromEntries(tally));
    expect(wrong).toEqual([]);
    expect(tally.get('compared')).toBeGreaterThan(CASES / 2);
  },
  24 * 3600 * 1000,
);

/** Undefined when nobody can say. */
function ourCost(slot: RepairSlot, mode: RepairMode): RepairCost | undefined {
  const filename = imageArgument(IMAGE_NAME, slot.base.isEncrypted);
  const source = FileSource.open(slot.path);
  try {
    const image = openImage(source);
    const done = finish(repair(image, { mode, filename }));
    return done.ending.state === 'done' ? finish(repairCost(image, done)) : undefined;
  } catch (error) {
    if (error instanceof Unpredictable) return undefined;
    throw error;
  } finally {
    source.close();
  }
}

/** What is not as we say, in words. */
async function compareView(
  slot: RepairSlot,
  view: ViewCost,
  isEncrypted: boolean,
  count: (what: string, by?: number) => void,
): Promise<string | undefined> {
  const { snapshot, state, ranges, rangeCount, diskSize } = view;
  const id = snapshot?.id;
  if (diskSize > MAX_DISK || rangeCount > ranges.length) return undefined;
  if (id !== undefined && !PLAIN_ID.test(id)) return undefined;
  const before = await GuestView.of(dirname(slot.path), id, isEncrypted);
  if (!before) {
    count(state === 'kept' ? 'unreadable for QEMU' : `${state}, unreadable for QEMU`);
    return undefined;
  }
  const after = await GuestView.of(slot.folder, id, isEncrypted);
  try {
    if (state === 'unreadable') return `${id ?? 'the disk'} can be read, ours says it cannot`;
    if (state === 'gone') {
      count('gone');
      // Not every byte of a LUKS header is needed.
      return after && !isEncrypted ? `${id ?? 'the disk'} is not gone` : undefined;
    }
    if (!after) return `${id ?? 'the disk'} cannot be read any more`;
    count('compared');
    let at = 0;
    const end = Math.min(before.size, after.size);
    for (const { start, length, what } of [
      ...ranges,
      { start: end, length: 0, what: 'end' } as const,
    ]) {
      const differs = before.differsFrom(after, at, Math.min(start, end));
      if (differs !== undefined)
        return `${id ?? 'the disk'}: other bytes at 0x${differs.toString(16)}`;
      at = Math.min(start + length, end);
      if (what === 'end') break;
      count(what);
      if (before.differsFrom(after, start, at) === undefined) count(`${what}, the same bytes`);
      if (what === 'zeros' && !after.isZero(start, at))
        return `${id ?? 'the disk'}: no zeros at 0x${start.toString(16)}`;
    }
    return undefined;
  } finally {
    before.close();
    after?.close();
  }
}
