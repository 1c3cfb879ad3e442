import { DEFAULT_CACHES, DEFAULT_OVERLAP } from './defaults.js';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/core/byteSource.js';
import { describeOwner } from '../../src/core/map/owner.js';
import { ImageSession } from '../../src/session/imageSession.js';
import type { ImageEvent } from '../../src/protocol/imageService.js';
import type {
  SimulateAnswer,
  SimulatedOverlap,
  VerdictAnswer,
} from '../../src/protocol/simulation.js';
import { fileBytes, type SparseFile } from '../images/pieces.js';
import { layOut } from '../images/layOut.js';
import { ImageBuilder } from '../images/imageBuilder.js';
import { poke, poked } from '../images/pokes.js';
import { survey } from '../peer/survey.js';
import { l1Overlap } from '../images/samples/damaged.js';
import { MACHINE } from './machine.js';
import type { SimulateOptions, SimulateQuery } from '../../src/protocol/questions.js';

const OPTIONS: SimulateOptions = {
  overlap: DEFAULT_OVERLAP,
  caches: DEFAULT_CACHES,
  engine: 'today',
  cache: 'writethrough',
  discardNoUnref: false,
};
const HIT = 'write 0x4d0000 64K';

const query = (operations: readonly string[], options = OPTIONS): SimulateQuery => ({
  operations,
  options,
});

function scanned(file: SparseFile): { session: ImageSession; lists: (readonly string[])[] } {
  const lists: (readonly string[])[] = [];
  const onEvent = (event: ImageEvent): void => {
    if (event.type === 'operations') lists.push(event.operations);
  };
  const session = new ImageSession(memorySource(fileBytes(file)), 'a.qcow2', onEvent, MACHINE);
  session.start();
  while (session.advance(100));
  return { session, lists };
}

/** The answer, asked for until it is all there. */
function finished(session: ImageSession, asked: SimulateQuery): SimulateAnswer {
  for (;;) {
    const answer = session.service.simulate(asked);
    if (answer.state !== 'computing') return answer;
  }
}

const damaged = l1Overlap();

describe('a list of operations', () => {
  test('has an outcome for each, and is told to all panels once', () => {
    const { session, lists } = scanned(damaged);
    const list = ['write 0 64K', HIT];
    const answer = finished(session, query(list));
    expect(finished(session, query(list))).toEqual(answer);
    expect(lists).toEqual([list]);
    expect(answer).toMatchObject({
      state: 'done',
      outcomes: [
        { verdict: { type: 'passes' }, messages: [] },
        {
          verdict: { type: 'stopped', by: 'active-l1' },
          messages: [
            'qcow2: Marking image as corrupt: Preventing invalid write on metadata (overlaps with ' +
              'active L1 table); further corruption events will be suppressed',
          ],
        },
      ],
    });
  });

  test('comes to the same whether it grew, shrank or was there at once', () => {
    const list = ['write 1G 1M', 'snapshot-create s', 'write 1G 4K', 'discard 1G 64K'];
    const grown = scanned(damaged).session;
    for (let i = 0; i <= list.length; i++) finished(grown, query(list.slice(0, i)));
    const at = finished(scanned(damaged).session, query(list));
    expect(finished(grown, query(list))).toEqual(at);
    finished(grown, query([...list, 'write 2G 1M']));
    expect(finished(grown, query(list))).toEqual(at);
  });

  test('is answered in slices when it is long, and then to its end', () => {
    const image = layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 2000));
    const { session } = scanned(image);
    const list = Array.from({ length: 1000 }, (_, i) => `write ${i * 65536} 64M`);
    let answer = session.service.simulate(query(list));
    let done = 0;
    while (answer.state === 'computing') {
      expect(answer.outcomes.length).toBeGreaterThanOrEqual(done);
      done = answer.outcomes.length;
      answer = session.service.simulate(query(list));
    }
    expect(answer.state === 'done' && answer.outcomes.length).toBe(1000);
  });
});

describe('what makes no sense is refused in QEMU’s words', () => {
  const { session } = scanned(damaged);
  test.each([
    [
      query(['write 0 64K'], { ...OPTIONS, overlap: { ...OPTIONS.overlap, overlapCheck: 'most' } }),
      "Unsupported value 'most' for qcow2 option 'overlap-check'",
    ],
    [
      query([], { ...OPTIONS, caches: { ...OPTIONS.caches, l2CacheEntrySize: '3K' } }),
      'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
    ],
    [query(['wrte 0 64K']), 'command "wrte" not found'],
  ])('%#', (asked, message) => {
    const answer = finished(session, asked);
    expect(answer.state === 'refused' && answer.message).toContain(message);
  });

  test('a verdict on nothing', () => {
    expect(() => session.service.simulateVerdict(query([]))).toThrow(
      'there is no operation to judge',
    );
  });

  test('an image that does not open read/write', () => {
    const corrupt = layOut(new ImageBuilder({ virtualSize: 2 ** 20, corrupt: true }));
    expect(finished(scanned(corrupt).session, query(['flush']))).toEqual({
      state: 'refused',
      message: 'qcow2: Image is corrupt; cannot be opened read/write',
    });
  });

  test('a write past the end of the disk fails, and the list goes on', () => {
    const answer = finished(session, query(['write 100G 64K', 'write 0 64K']));
    expect(answer).toMatchObject({
      state: 'done',
      outcomes: [
        { verdict: { type: 'failed', error: 'Input/output error' } },
        { verdict: { type: 'passes' } },
      ],
    });
  });
});

/** The verdict, asked for until it is all there. */
function judged(
  session: ImageSession,
  list: readonly string[],
): Extract<VerdictAnswer, { state: 'known' | 'computing' }> {
  for (;;) {
    const verdict = session.service.simulateVerdict(query(list));
    if (verdict.state === 'refused') throw new Error(verdict.message);
    if (verdict.state === 'known') return verdict;
  }
}

test('the verdict names the owners of overwritten data, but for who writes', () => {
  const image = layOut(
    new ImageBuilder({ virtualSize: 2 ** 26 }).write(0, 20).snapshot({ name: 's' }).write(5),
  );
  const entry = (guest: number): bigint => survey(image).read(image.entryOffset(guest), 8);
  // Guest cluster 5 is said to be where 9 is, which the snapshot has as well.
  const claiming = poked(image, [poke(image.entryOffset(5), entry(9) | (1n << 63n))]);
  const { rows, owners } = judged(scanned(claiming).session, ['write 0x50000 64K']);
  expect(rows[3].cells.today).toMatchObject({
    type: 'passes',
    overwritten: { kinds: ['data'], total: 1 },
  });
  const told = owners?.flatMap((of) => of.owners).map(describeOwner);
  expect(told).toEqual([
    'L2 entry 9 of L1 entry 0 (guest offset 0x90000)',
    "L2 entry 9 of L1 entry 0 of snapshot 's' (guest offset 0x90000)",
  ]);
});

test('a newer list takes the place of one that takes long, at once', () => {
  const image = layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 2000));
  const { session } = scanned(image);
  const long = Array.from({ length: 1000 }, (_, i) => `write ${i * 65536} 64M`);
  expect(session.service.simulate(query(long)).state).toBe('computing');
  expect(session.service.simulateVerdict(query(long)).state).toBe('computing');
  expect(finished(session, query(['flush']))).toMatchObject({ state: 'done' });
  expect(judged(session, ['flush']).rows[0].cells.today).toMatchObject({ type: 'passes' });
});

test('cells come as they are known', () => {
  const image = layOut(new ImageBuilder({ virtualSize: 2 ** 30 }).write(0, 2000));
  const { session } = scanned(poked(image, [poke(image.entryOffset(5), 1n << 63n)]));
  const list = ['write 64M 512M', 'write 0x50000 64K'];
  const known: number[] = [];
  for (let state = 'computing'; state === 'computing';) {
    const verdict = session.service.simulateVerdict(query(list));
    if (verdict.state === 'refused') throw new Error(verdict.message);
    ({ state } = verdict);
    known.push(verdict.rows.flatMap(({ cells }) => Object.values(cells)).filter(Boolean).length);
  }
  expect(known).toEqual(known.toSorted((a, b) => a - b));
  expect(known.at(-1)).toBe(8);
  expect(new Set(known).size).toBeGreaterThan(1);
});

test('the verdict names the owners of what is destroyed', () => {
  const { session } = scanned(damaged);
  const verdict = judged(session, ['write 0 64K', HIT]);
  expect(verdict.rows.map(({ template, yours }) => [template, yours])).toEqual([
    ['none', false],
    ['constant', false],
    ['cached', true],
    ['all', false],
  ]);
  const [none] = verdict.rows;
  expect(none.cells.today?.destroyed?.kinds).toEqual(['active-l1']);
  expect(verdict.owners).toEqual([
    { cluster: 3, owners: [{ type: 'l1-table', snapshot: undefined }] },
  ]);
});

test('steps come in pages, marks and the difference for the whole', () => {
  const { session } = scanned(damaged);
  const asked = query(['write 1G 64K', HIT]);
  const all = session.service.simulateSteps({ ...asked, operation: 0, from: 0, count: 1000 });
  expect(all.steps).toHaveLength(all.total);
  const page = session.service.simulateSteps({ ...asked, operation: 0, from: 2, count: 3 });
  expect(page).toEqual({ total: all.total, steps: all.steps.slice(2, 5) });
  const { marks } = session.service.simulateMarks({ ...asked, operation: 1 });
  expect(marks[0]).toMatchObject({ cluster: 3, touch: 'stopped' });
  let difference = session.service.simulateDifference(asked);
  while (difference.state === 'computing') difference = session.service.simulateDifference(asked);
  expect(difference.parts.map(({ what, total }) => [what, total])).toEqual([
    ['header', 1],
    ['l2', 1],
    ['refcounts', 1],
  ]);
  expect(session.service.simulateSteps({ ...asked, operation: 7, from: 0, count: 9 })).toEqual({
    total: 0,
    steps: [],
  });
});

/** The structures, asked for until they are there. */
function structuresAfter(session: ImageSession, asked: SimulateQuery): SimulatedOverlap {
  for (;;) {
    const answer = session.service.simulateOverlap(asked);
    if (answer.state !== 'computing') return answer;
  }
}

test('the structures are shown as the operations leave them', () => {
  const { session } = scanned(damaged);
  const before = session.service.overlap({ options: OPTIONS.overlap });
  const same = structuresAfter(session, query([]));
  if (before.state !== 'built' || same.state !== 'built') throw new Error('not built');
  expect(same.marks).toEqual(before.marks);
  expect(same.memory).toEqual(before.memory);
  const after = structuresAfter(session, query(['snapshot-create s', 'write 0 64K']));
  if (after.state !== 'built') throw new Error('not built');
  expect(after.counters.hits).toBeGreaterThan(before.counters.hits);
  const unguarded = { ...OPTIONS.overlap, overlapCheck: 'none' };
  expect(structuresAfter(session, query([], { ...OPTIONS, overlap: unguarded }))).toEqual({
    state: 'none',
  });
});

test('a dirty image is repaired first, and the pane is told of what', () => {
  const dirty = layOut(
    new ImageBuilder({ virtualSize: 64 * 2 ** 20, dirty: true }).write(0, 2).leak(3),
  );
  const { session } = scanned(dirty);
  const answer = finished(session, query(['write 1M 64K']));
  expect(answer).toMatchObject({
    state: 'done',
    opening: {
      messageCount: 6,
      repair: {
        fixed: { corruptions: 0, leaks: 3 },
        corruptions: 0,
        rebuilt: false,
        totals: [
          ['refcount', 3],
          ['freed', 3],
        ],
      },
    },
    outcomes: [{ verdict: { type: 'passes' } }],
  });
  const asked = { options: OPTIONS };
  let swept = session.service.simulateSweep(asked);
  while (swept.state === 'computing') swept = session.service.simulateSweep(asked);
  expect(swept).toMatchObject({ state: 'known' });
});
