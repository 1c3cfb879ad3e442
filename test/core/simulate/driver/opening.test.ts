import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../../src/core/simulate/verdict/simulation.js';
import { poke } from '../../../images/pokes.js';
import { FRESH, image, SETTINGS, simulate } from '../simulated.js';

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

  it('says that the repair of a dirty image is not simulated', () => {
    expect(refusal([72, 1])).toMatch(/dirty/);
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
