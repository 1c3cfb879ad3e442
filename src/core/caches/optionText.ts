import { formatSize } from '../size.js';
import type { CacheAdvice } from './advice.js';

/** The advised sizes of QEMU's caches as one writes them. */
export interface OptionTexts {
  /** Bytes: `-blockdev` takes no suffixes. */
  readonly blockdev: string;
  readonly drive: string;
  /** Inside `<driver>`: libvirt sets both caches by one size. */
  readonly libvirt: string;
}

const DRIVER_OPTIONS = ['l2-cache-size', 'l2-cache-entry-size', 'refcount-cache-size'] as const;

/** How to set what is advised. The size of entries is named only where QEMU would take another. */
export function optionTexts(
  advice: readonly CacheAdvice[],
  usualEntry: (l2Bytes: number) => number,
): OptionTexts {
  const enough = new Map(
    advice.filter(({ purpose }) => purpose === 'enough').map((one) => [one.option, one.bytes]),
  );
  const l2 = enough.get('l2-cache-size') ?? 0;
  const set = DRIVER_OPTIONS.flatMap((option) => {
    const bytes = enough.get(option);
    const isUsual = option === 'l2-cache-entry-size' && bytes === usualEntry(l2);
    return bytes === undefined || isUsual ? [] : [{ option, bytes }];
  });
  return {
    blockdev: JSON.stringify({
      driver: 'qcow2',
      ...Object.fromEntries(set.map(({ option, bytes }) => [option, bytes])),
    }),
    drive: set.map(({ option, bytes }) => `${option}=${formatSize(bytes)}`).join(','),
    libvirt: `<metadata_cache><max_size unit='bytes'>${enough.get('cache-size') ?? 0}</max_size></metadata_cache>`,
  };
}
