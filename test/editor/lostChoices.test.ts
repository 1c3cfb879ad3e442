import { expect, test } from 'vitest';
import type { FoundTables, TableCandidate } from '../../src/core/lost/findTables.js';
import { parseAssumedHeader } from '../../src/core/qcow2/assumedHeader.js';
import { hostOffset } from '../../src/core/units.js';
import { lostChoices } from '../../src/editor/lostChoices.js';

const candidate = (l1: number, more: Partial<TableCandidate> = {}): TableCandidate => ({
  kind: 'l1',
  offset: hostOffset(l1),
  length: 16,
  entries: 2,
  score: 0.755,
  reasons: ['2 entries', "snapshot 'a\u202eb' has it"],
  snapshots: [],
  isKnown: false,
  assume: { l1 },
  ...more,
});

const found = (more: Partial<FoundTables>): FoundTables => ({
  candidates: [],
  header: undefined,
  reasons: ['all fits'],
  hasHeader: true,
  isPartial: false,
  ...more,
});

test('a table is a line with its reasons, and what is assumed reads back', () => {
  const [choice] = lostChoices(found({ candidates: [candidate(0x30000)] }));
  expect(choice).toMatchObject({
    label: 'L1 table at 0x30000',
    description: '2 entries, likely by 76 %',
    assumed: 'l1=0x30000',
  });
  expect(choice.detail).not.toContain('\u202e');
  expect(parseAssumedHeader(choice.assumed, 'x')).toMatchObject({
    ok: true,
    value: { l1: 0x30000 },
  });
});

test('what is known, or has no place, is no choice', () => {
  const candidates = [
    candidate(0x30000, { isKnown: true }),
    candidate(0x40000, { kind: 'l2', assume: undefined }),
  ];
  expect(lostChoices(found({ candidates }))).toEqual([]);
});

test('a header that is guessed comes first, and its own table not again', () => {
  const header = { clusterBits: 16, size: 2 ** 30, l1: 0x30000 };
  const candidates = [candidate(0x30000, { assume: header }), candidate(0x50000)];
  const choices = lostChoices(found({ candidates, header, hasHeader: false }));
  expect(choices.map(({ label }) => label)).toEqual([
    'The header that fits best',
    'L1 table at 0x50000',
  ]);
  expect(choices[0]).toMatchObject({ description: '1 GiB', detail: 'all fits' });
});
