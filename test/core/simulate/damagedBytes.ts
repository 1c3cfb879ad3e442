import { memorySource } from '../../../src/core/byteSource.js';
import { type Scan, scan } from '../../../src/core/check/scan.js';
import { isMappable, openImage } from '../../../src/core/qcow2/image.js';
import { pokedBytes } from '../../images/pokes.js';
import type { Damage } from '../../peer/slot.js';

/** A file with damage done to it. */
export function damagedBytes(bytes: Uint8Array, damage: Damage): Uint8Array {
  const copy = bytes.slice(0, damage.size ?? bytes.length);
  for (const poke of damage.pokes) {
    const poked = pokedBytes(poke).subarray(0, Math.max(0, copy.length - poke.offset));
    if (poked.length > 0) copy.set(poked, poke.offset);
  }
  return copy;
}

/** The scan of a file; undefined when there is no layout to scan. */
export function scannedBytes(bytes: Uint8Array): Scan | undefined {
  const image = openImage(memorySource(bytes));
  if (!isMappable(image)) return undefined;
  const steps = scan(image);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
