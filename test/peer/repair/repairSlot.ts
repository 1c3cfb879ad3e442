import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from '../../../src/core/byteSource.js';
import type { Overlay } from '../../../src/core/simulate/copy/overlay.js';
import type { Base } from '../bases.js';
import { Slot, type Damage } from '../slot.js';

const CHUNK = 2 ** 20;
/** Of a file that has become much longer, no more is compared than so many bytes, and what is said to have changed. */
const COMPARED_BEHIND = 2 ** 26;

/** Two copies of a base with the same damage: one to be looked at, one that QEMU repairs. */
export class RepairSlot {
  readonly base: Base;
  /** What QEMU works on. */
  readonly folder: string;
  readonly #kept: Slot;
  readonly #repaired: Slot;
  readonly #handles: readonly [kept: number, repaired: number];

  constructor(base: Base, folder: string) {
    this.base = base;
    this.#kept = new Slot(base, folder);
    this.folder = join(folder, 'repaired');
    this.#repaired = new Slot(base, this.folder);
    this.#handles = [openSync(this.#kept.path, 'r'), openSync(this.#repaired.path, 'r+')];
  }

  /** The damaged image that stays as it is. */
  get path(): string {
    return this.#kept.path;
  }

  apply(damage: Damage): void {
    this.#kept.apply(damage);
    this.#repaired.apply(damage);
  }

  heal(): void {
    this.#kept.heal();
    this.#repaired.heal();
  }

  /** What of the repaired copy is not as expected, in words. */
  differences(expected: Overlay): string[] {
    const size = fstatSync(this.#handles[1]).size;
    const found: string[] = [];
    if (size !== expected.size) found.push(`length: qemu-img ${size}, ours ${expected.size}`);
    const end = Math.min(size, fstatSync(this.#handles[0]).size + COMPARED_BEHIND);
    this.#compare(expected, 0, end, found);
    for (const { offset, length } of expected.changes())
      if (offset + length > end)
        this.#compare(expected, Math.max(end, offset), Math.min(size, offset + length), found);
    return found;
  }

  #compare(expected: ByteSource, from: number, to: number, found: string[]): void {
    const [theirs, ours] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    for (let at = from; at < to && found.length < 8; at += CHUNK) {
      const length = Math.min(CHUNK, to - at);
      readSync(this.#handles[1], theirs, 0, length, at);
      expected.readInto(ours.subarray(0, length), at);
      if (theirs.compare(ours, 0, length, 0, length) === 0) continue;
      const first = theirs.findIndex((byte, i) => byte !== ours[i]);
      const word = (bytes: Buffer): string => bytes.toString('hex', first, first + 8);
      found.push(
        `bytes at 0x${(at + first).toString(16)}: qemu-img ${word(theirs)}, ours ${word(ours)}`,
      );
    }
  }

  /** Makes the repaired copy what the other one is. */
  restore(): void {
    const [kept, repaired] = this.#handles;
    const { size } = fstatSync(kept);
    ftruncateSync(repaired, size);
    const [now, before] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
    for (let at = 0; at < size; at += CHUNK) {
      const length = Math.min(CHUNK, size - at);
      readSync(repaired, now, 0, length, at);
      readSync(kept, before, 0, length, at);
      if (now.compare(before, 0, length, 0, length) !== 0)
        writeSync(repaired, before, 0, length, at);
    }
  }

  close(): void {
    for (const handle of this.#handles) closeSync(handle);
    this.#kept.close();
    this.#repaired.close();
  }
}
