import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLUSTER, L2Runs, ODD } from '../../../src/core/check/plainRuns.js';
import { ImageBuilder } from '../../images/imageBuilder.js';
import { layOut } from '../../images/layOut.js';
import { openedMappable } from '../opened.js';

const COPIED = 0x80000000;
const CLUSTERS = 5000;

/** Entries side by side, of which each is the next cluster of the one before. */
const piece = fc.record({
  entries: fc.integer({ min: 1, max: 1400 }),
  first: fc.integer({ min: 0, max: CLUSTERS - 1 }),
  copied: fc.boolean(),
  form: fc.constantFrom('run', 'run', 'hole', 'compressed', 'unaligned'),
});

test('runs say what each entry of a table of 8192 says', () => {
  const file = layOut(new ImageBuilder({ clusterBits: 16, virtualSize: 2 ** 30 }));
  const runs = new L2Runs({ ...openedMappable(file).geometry, hostClusters: CLUSTERS });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 30 }), (pieces) => {
      const view = new DataView(new ArrayBuffer(65536));
      const expected: (number | undefined)[] = [];
      for (const { entries, first, copied, form } of pieces)
        for (let i = 0; i < entries && expected.length < 8192; i++) {
          const at = expected.length * 8;
          const cluster = first + i;
          const flag = copied ? COPIED : 0;
          if (form === 'hole') {
            expected.push(undefined);
            continue;
          }
          const high = flag | (form === 'compressed' ? 0x40000000 : 0) | (cluster >>> 16);
          view.setInt32(at, high);
          view.setInt32(at + 4, (cluster << 16) | (form === 'unaligned' ? 0x200 : 0));
          if (form !== 'run' || cluster >= CLUSTERS) expected.push(ODD);
          else if (cluster === 0) expected.push(undefined);
          else expected.push(cluster | flag);
        }
      runs.decode(view);
      const said = new Array<number | undefined>(expected.length).fill(undefined);
      for (let run = 0; run < runs.count; run++)
        for (let i = 0; i < runs.lengths[run]; i++)
          said[runs.indexes[run] + i] = runs.firsts[run] === ODD ? ODD : runs.firsts[run] + i;
      expect(said).toEqual(expected);
      expect(runs.plain).toBe(!expected.includes(ODD));
      // No run goes on with the one before it, unless the upper word of the offset changes there.
      for (let run = 1; run < runs.count; run++) {
        const [before, now] = [runs.firsts[run - 1], runs.firsts[run]];
        if (before === ODD || now === ODD) continue;
        const goesOn =
          runs.indexes[run - 1] + runs.lengths[run - 1] === runs.indexes[run] &&
          before + runs.lengths[run - 1] === now &&
          ((now & CLUSTER) << 16) % 2 ** 32 !== 0;
        expect(goesOn).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});
