import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../../src/core/simulate/verdict/simulation.js';
import { ImageBuilder } from '../../../images/imageBuilder.js';
import { layOut } from '../../../images/layOut.js';
import { scanned } from '../../opened.js';
import { FRESH, image, newEntries, newRefcounts, SETTINGS, simulate } from '../simulated.js';

const KEEP = { discardNoUnref: true };

/** What qemu-io 10.0 and 11.1 were seen to do with `discard-no-unref=on`. */
describe('discard-no-unref', () => {
  it('keeps the clusters of what is discarded or zeroed, so that the next write goes elsewhere', () => {
    const before = image(FRESH, (b) => b.write(0, 4));
    const operations = 'discard 0 64k\nwrite-zeroes 64k 64k unmap\nwrite 512k 64k\nclose';
    const run = simulate(before, operations, KEEP);
    expect(newEntries(run)).toEqual({
      0: '0x8000000000050001',
      1: '0x8000000000060001',
      8: '0x8000000000090000',
    });
    expect(newRefcounts(run)).toEqual({ 9: '1' });
    expect(newEntries(simulate(before, operations))).toEqual({
      0: '0x1',
      1: '0x1',
      8: '0x8000000000050000',
    });
  });

  it('gives the bytes back all the same', () => {
    const run = simulate(
      image(FRESH, (b) => b.write(0, 4)),
      'discard 0 64k',
      KEEP,
    );
    const holes = run.outcomes[0].steps.filter(
      (step) => step.type === 'write' && step.what === 'hole in kept data',
    );
    expect(holes).toMatchObject([{ offset: 0x50000, size: 0x10000, losses: [] }]);
  });

  it('keeps no compressed cluster', () => {
    const operations = 'write-compressed 0 64k\ndiscard 0 64k\nclose';
    const run = simulate(image(FRESH), operations, KEEP);
    expect(newEntries(run)).toEqual({ 0: '0x1' });
    expect(newRefcounts(run)).toEqual({ 4: '1' });
  });

  it('empties a cluster that a snapshot has too: its data are lost', () => {
    const file = layOut(
      new ImageBuilder({ virtualSize: 64 * 2 ** 20 }).write(0, 4).snapshot({ name: 's', date: 0 }),
    );
    const { image: before, map } = scanned(file);
    const losses = (discardNoUnref: boolean): unknown[] =>
      simulate(before, 'discard 0 64k', { discardNoUnref, map }).outcomes[0].steps.flatMap(
        (step) => (step.type === 'write' ? [...step.losses] : []),
      );
    expect(losses(true)).toMatchObject([{ offset: 0x50000, size: 0x10000 }]);
    expect(losses(false)).toEqual([]);
  });

  it('is refused for version 2', () => {
    const old = image({ ...FRESH, version: 2 });
    expect(Simulation.open(old, { ...SETTINGS, ...KEEP }).opened).toEqual({
      ok: false,
      message: 'discard-no-unref is only supported since qcow2 version 3',
    });
    expect(Simulation.open(old, SETTINGS).opened).toMatchObject({ ok: true });
  });
});
