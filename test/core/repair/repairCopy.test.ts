import { describe, expect, it } from 'vitest';
import { memorySource, readBytes } from '../../../src/core/byteSource.js';
import { changedRuns } from '../../../src/core/repair/changedRuns.js';
import { RepairCopy } from '../../../src/core/repair/repairCopy.js';
import { bytesPart } from '../../../src/core/simulate/copy/overlay.js';
import { Random } from '../../images/random.js';

const CLUSTER = 512;
const CLUSTERS = 12;

/** The same changes to a copy and to plain bytes. */
class Both {
  readonly copy: RepairCopy;
  bytes: Uint8Array;

  constructor(
    readonly original: Uint8Array,
    punchesHoles: boolean,
  ) {
    this.bytes = original.slice();
    this.copy = new RepairCopy(memorySource(original), CLUSTER, punchesHoles);
  }

  write(offset: number, piece: Uint8Array): void {
    this.copy.write(offset, [bytesPart(piece)]);
    const end = offset + piece.length;
    if (end > this.bytes.length) {
      const longer = new Uint8Array(end);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(piece, offset);
  }

  flip(table: number, entries: readonly number[]): void {
    this.copy.flip(table, entries);
    for (const at of entries) this.bytes[table + at] ^= 0x80;
  }
}

function change(both: Both, random: Random): void {
  const start = random.below(CLUSTERS) * CLUSTER;
  switch (random.below(4)) {
    case 0:
      both.write(start + random.below(CLUSTER), random.bytes(random.between(1, 900)));
      break;
    case 1:
      both.copy.punch(start, CLUSTER);
      both.bytes.fill(0, start, start + CLUSTER);
      break;
    default: {
      const entries = Array.from({ length: CLUSTER / 8 }, (_, i) => i * 8);
      both.flip(
        start,
        entries.filter(() => random.chance(0.3)),
      );
    }
  }
}

describe('a copy that keeps flags as bits', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))('reads as it should (%i)', (seed) => {
    const random = new Random(seed);
    const both = new Both(random.bytes(CLUSTER * CLUSTERS), true);
    for (let step = 0; step < 12; step++) {
      change(both, random);
      const { copy, bytes } = both;
      expect(copy.size).toBe(bytes.length);
      expect(readBytes(copy, 0, copy.size)).toEqual(bytes);
      const from = random.below(bytes.length);
      const part = readBytes(copy, from, random.below(bytes.length - from));
      expect(part).toEqual(bytes.slice(from, from + part.length));
    }
  });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('tells all its changes (%i)', (seed) => {
    const random = new Random(seed + 1000);
    const both = new Both(random.bytes(CLUSTER * CLUSTERS), true);
    for (let step = 0; step < 6; step++) change(both, random);
    const { original, copy, bytes } = both;
    const applied = new Uint8Array(copy.size);
    applied.set(original);
    let end = 0;
    for (const run of changedRuns(memorySource(original), copy)) {
      expect(run.offset).toBeGreaterThanOrEqual(end);
      applied.set(run.bytes, run.offset);
      end = run.offset + run.bytes.length;
    }
    expect(applied).toEqual(bytes);
    let told = 0;
    for (const { offset, length } of copy.changes()) {
      expect(offset).toBeGreaterThanOrEqual(told);
      told = offset + length;
    }
    for (let at = 0; at < bytes.length; at += 64)
      if (bytes.subarray(at, at + 64).some((byte, i) => byte !== original[at + i]))
        expect(copy.isChanged(at, 64)).toBe(true);
  });

  it('without holes what is punched stays', () => {
    const both = new Both(new Uint8Array(CLUSTER).fill(7), false);
    both.copy.punch(0, CLUSTER);
    expect(readBytes(both.copy, 0, CLUSTER)).toEqual(both.bytes);
    expect(both.copy.isChanged(0, CLUSTER)).toBe(false);
  });
});
