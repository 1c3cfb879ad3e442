import { expect, test } from 'vitest';
import { type ByteSource, memorySource } from '../../src/core/byteSource.js';
import { parseAssumedHeader } from '../../src/core/qcow2/assumedHeader.js';
import type { ImageEvent } from '../../src/protocol/imageService.js';
import type { DamageAnswer, LostTablesAnswer } from '../../src/protocol/lost.js';
import { ImageSession } from '../../src/session/imageSession.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { layOut } from '../images/layOut.js';
import { fileBytes } from '../images/pieces.js';
import { MACHINE } from './machine.js';

const CLUSTER = 65_536;
const whole = fileBytes(
  layOut(
    new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 20).snapshot({ name: 'a' }).write(9000, 3),
  ),
);
const beheaded = whole.slice().fill(0x2e, 0, CLUSTER);

interface Opened {
  readonly session: ImageSession;
  readonly events: readonly ImageEvent[];
}

function opened(bytes: Uint8Array, text?: string): Opened {
  const events: ImageEvent[] = [];
  const source: ByteSource = memorySource(bytes);
  const assumed = text === undefined ? undefined : parseAssumedHeader(text, 'assumed');
  if (assumed?.ok === false) throw new Error(assumed.message);
  const onEvent = (event: ImageEvent): void => {
    events.push(event);
  };
  const session = new ImageSession(source, 'a', onEvent, MACHINE, undefined, assumed?.value);
  session.start();
  return { session, events };
}

const scanned = ({ session, events }: Opened) => {
  while (session.advance(100));
  return events.find((event) => event.type === 'scanned')?.summary;
};

async function lost({ session }: Opened): Promise<LostTablesAnswer> {
  let answer = await session.service.lostTables({});
  while (answer.state === 'computing') {
    session.advance(1);
    answer = await session.service.lostTables({});
  }
  return answer;
}

test('what is found without a header, taken for it, shows the image as it was', async () => {
  const answer = await lost(opened(beheaded));
  expect(structuredClone(answer)).toEqual(answer);
  if (answer.state !== 'found') throw new Error(answer.state);
  const { header } = answer.found;
  expect(header).toMatchObject({ clusterBits: 16, size: 2 ** 30 });
  const text = `cluster-size=65536,size=1G,l1=${String(header?.l1)},refcount-table=65536,snapshots=${String(header?.snapshots)}`;
  const again = opened(beheaded, text);
  const was = opened(whole);
  const [now, before] = [scanned(again), scanned(was)];
  expect({ ...now, milliseconds: 0 }).toEqual({ ...before, milliseconds: 0 });
  expect(again.events[0]).toMatchObject({ type: 'facts', facts: { problems: [] } });
  // The file itself is what is searched again.
  expect(await lost(again)).toEqual(answer);
});

test('the facts say what is assumed, and nothing where nothing is', () => {
  expect(opened(beheaded, 'size=1G,cluster-size=64K').events[0]).toMatchObject({
    facts: { assumed: 'cluster-size=65536,size=1073741824' },
  });
  expect(opened(whole).events[0]).not.toHaveProperty('facts.assumed');
});

test('of a sound image all is known', async () => {
  const answer = await lost(opened(whole));
  if (answer.state !== 'found') throw new Error(answer.state);
  expect(answer.found.candidates.filter(({ isKnown }) => !isKnown)).toEqual([]);
});

test('the damage comes as a file, in either format', async () => {
  const disk = fileBytes(layOut(new ImageBuilder({ virtualSize: 2 ** 22 }).write(0).write(16, 8)));
  const image = opened(disk.slice(0, disk.length - 4 * CLUSTER));
  const asked = async (format: 'json' | 'ddrescue'): Promise<DamageAnswer> => {
    let answer = await image.session.service.damage({ format });
    while (answer.state === 'computing') {
      image.session.advance(1);
      answer = await image.session.service.damage({ format });
    }
    return answer;
  };
  const json = await asked('json');
  if (json.state !== 'known') throw new Error(json.state);
  expect(JSON.parse(json.text)).toMatchObject({
    disks: [{ ranges: [{ state: 'lost', start: 20 * CLUSTER, length: 4 * CLUSTER }] }],
  });
  const map = await asked('ddrescue');
  expect(map.state === 'known' && map.text).toMatch(/^0x\w+ {2}0x\w+ {2}-$/m);
});
