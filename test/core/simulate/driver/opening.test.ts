import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../../src/core/simulate/verdict/simulation.js';
import { poke } from '../../../images/pokes.js';
import type { MappableImage } from '../../../../src/core/qcow2/image.js';
import { scanned } from '../../../../src/core/check/scan.js';
import { finish } from '../../../../src/core/work.js';
import {
  CLUSTER,
  COPIED,
  FRESH,
  image,
  newEntries,
  refcountPoke,
  reopened,
  SETTINGS,
  simulate,
} from '../simulated.js';

const refusal = (...pokes: Parameters<typeof poke>[]): string | undefined => {
  const { opened } = Simulation.open(
    image(
      FRESH,
      undefined,
      pokes.map((args) => poke(...args)),
    ),
    SETTINGS,
  );
  return opened.ok ? undefined : opened.message;
};

describe('opening for writing', () => {
  it.each([
    [[72, 2], 'qcow2: Image is corrupt; cannot be opened read/write'],
    [[72, 2 ** 40], 'Unsupported qcow2 feature(s): Unknown incompatible feature: 10000000000'],
    [[40, 0x30200], 'Active L1 table offset invalid'],
    [[36, 0, 4], 'L1 table is too small'],
    [[56, 0, 4], 'Image does not contain a reference count table'],
    [[48, 0x10200], 'Reference count table offset invalid'],
    [[56, 1000, 4], 'Reference count table too large'],
    [[64, 0x10200], 'Snapshot table offset invalid'],
  ] as const)('is refused with the text of QEMU: %j', (change, message) => {
    expect(refusal([...change])).toBe(message);
  });

  it('names the first of several reasons', () => {
    expect(refusal([72, 2], [36, 0, 4])).toBe(
      'qcow2: Image is corrupt; cannot be opened read/write',
    );
    expect(refusal([72, 2 | 32])).toBe(
      'Unsupported qcow2 feature(s): Unknown incompatible feature: 20',
    );
  });

  it('takes an L1 table past the end of the file as empty', () => {
    const run = simulate(image(FRESH, undefined, [poke(40, 0x500000)]), 'write 0 4k\nclose');
    expect(run.endings).toEqual(['done', 'done']);
  });

  it('drops autoclear bits that QEMU does not know', () => {
    const run = simulate(image(FRESH, undefined, [poke(88, 0x10)]), 'close');
    expect(run.difference.header).toEqual({ autoclear_features: ['0x10', '0x0'] });
  });

  it('refuses cache sizes with QEMU’s text', () => {
    const { opened } = Simulation.open(image(FRESH), {
      ...SETTINGS,
      sizes: { l2CacheEntrySize: 1000 },
    });
    expect(opened).toEqual({
      ok: false,
      message:
        'L2 cache entry size must be a power of two between 512 and the cluster size (65536)',
    });
  });
});

describe('opening a dirty image', () => {
  const DIRTY = { ...FRESH, dirty: true };
  /** Guest cluster 0 has no refcount, as when lazy refcounts were lost with the power. */
  const lost = (): MappableImage =>
    image(DIRTY, (builder) => builder.write(0, 2).leak(1), [refcountPoke(5, 0)]);

  it('repairs it first, and operations run on what that leaves', () => {
    const run = simulate(lost(), 'write 1M 64K\nclose');
    const { opened } = run.simulation;
    expect(opened).toMatchObject({
      ok: true,
      messages: [
        'ERROR cluster 5 refcount=0 reference=1',
        'Leaked cluster 7 refcount=1 reference=0',
        'Rebuilding refcount structure',
        'Repairing cluster 1 refcount=1 reference=0',
        'Repairing cluster 2 refcount=1 reference=0',
      ],
      repair: { fixed: { corruptions: 1, leaks: 1 }, corruptions: 0, rebuilt: true },
    });
    expect(run.endings).toEqual(['done', 'done']);
    expect(run.difference.header.incompatible_features).toEqual(['0x1', '0x0']);
    // The old refcount table and block are free again, and the first to be taken.
    expect(newEntries(run)).toEqual({ 16: '0x8000000000010000' });
    expect(reopened(run).header.value('incompatible_features')).toBe(0n);
  });

  it('asks about nothing that the repair has moved', () => {
    const of = lost();
    const { map } = finish(scanned(of));
    const { outcomes } = simulate(of, 'write 1M 64K', { map });
    const losses = outcomes[0].steps.flatMap((step) => (step.type === 'write' ? step.losses : []));
    expect(losses).toEqual([]);
  });

  it('opens it though corruptions are left, and closing clears the bit', () => {
    // Data off the grid of clusters is nothing that QEMU repairs.
    const of = image(DIRTY, (builder) => builder.write(0), [
      poke(4 * CLUSTER, COPIED | BigInt(5 * CLUSTER + 512)),
    ]);
    const run = simulate(of, 'flush\nclose');
    expect(run.simulation.opened).toMatchObject({ ok: true, repair: { corruptions: 1 } });
    expect(run.difference.header.incompatible_features).toEqual(['0x1', '0x0']);
  });

  it('is refused when the repair fails, with what was said before', () => {
    const { opened, notes } = Simulation.open(
      image(DIRTY, (builder) => builder.write(0), [poke(CLUSTER, 2 * CLUSTER + 512)]),
      SETTINGS,
    );
    expect(opened).toMatchObject({
      ok: false,
      message: 'Could not repair dirty image: Input/output error',
    });
    expect(notes.messages.length).toBeGreaterThan(0);
  });
});
