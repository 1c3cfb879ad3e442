import { expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import type { RepairsAnswer } from '../../src/protocol/repair.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { MACHINE } from './machine.js';

const backing = { name: 'base.raw', format: 'raw' };
const bytes = fileBytes(
  layOut(new ImageBuilder({ virtualSize: 2 ** 22, backing }).write(0).leak(2)),
);

/** What both repairs would do where the backing file is as it is said to be. */
async function repairs(backingRefusal: () => string | undefined): Promise<RepairsAnswer> {
  const machine = { ...MACHINE, backingRefusal };
  const session = new ImageSession(memorySource(bytes), 'a.qcow2', () => undefined, machine);
  session.start();
  for (;;) {
    const answer = await session.service.repairs({});
    if (answer.state !== 'computing') return answer;
    session.advance(10);
  }
}

test('a missing backing file stops a repair, as it stops QEMU', async () => {
  const reason =
    "Could not open backing file: Could not open 'base.raw': No such file or directory";
  expect(await repairs(() => reason)).toMatchObject({
    repairs: { all: { exitCode: 1, messages: [`qemu-img: Could not open 'a.qcow2': ${reason}`] } },
  });
  expect(await repairs(() => undefined)).toMatchObject({
    repairs: { all: { exitCode: 0, fixed: { leaks: 2 } } },
  });
});
