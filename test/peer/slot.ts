import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeSparse } from '../images/pieces.js';
import { pokedBytes, type Poke } from '../images/pokes.js';
import type { Base } from './bases.js';

/** What to do to a healthy image, as JSON can hold it. */
export interface Damage {
  /** New length of the file in bytes; undefined leaves it. */
  readonly size?: number;
  /** Applied in order; what falls outside the file is lost. */
  readonly pokes: readonly Poke[];
}

export const IMAGE_NAME = 'image.qcow2';

/**
 * A copy of a base on disk that can be damaged and healed again and again, which costs far less
 * than a fresh copy for each case.
 */
export class Slot {
  readonly base: Base;
  readonly folder: string;
  readonly #handle: number;
  #undo: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #shortest: number;

  /** Makes `folder`, which must not exist, and the copy in it. */
  constructor(base: Base, folder: string) {
    this.base = base;
    this.folder = folder;
    this.#shortest = base.file.size;
    mkdirSync(folder);
    for (const [name, file] of base.sideFiles) writeSparse(join(folder, name), file);
    writeSparse(this.path, base.file);
    this.#handle = openSync(this.path, 'r+');
  }

  get path(): string {
    return join(this.folder, IMAGE_NAME);
  }

  apply(damage: Damage): void {
    const size = damage.size ?? this.base.file.size;
    if (damage.size !== undefined) {
      ftruncateSync(this.#handle, size);
      this.#shortest = Math.min(this.#shortest, size);
    }
    for (const poke of damage.pokes) {
      const bytes = pokedBytes(poke).subarray(0, Math.max(0, size - poke.offset));
      if (bytes.length === 0) continue;
      const old = new Uint8Array(bytes.length);
      readSync(this.#handle, old, 0, old.length, poke.offset);
      this.#undo.push({ offset: poke.offset, bytes: old });
      writeSync(this.#handle, bytes, 0, bytes.length, poke.offset);
    }
  }

  /** Makes the copy what the base is. */
  heal(): void {
    for (const { offset, bytes } of this.#undo.reverse()) {
      writeSync(this.#handle, bytes, 0, bytes.length, offset);
    }
    this.#undo = [];
    ftruncateSync(this.#handle, this.base.file.size);
    for (const { offset, bytes } of this.base.file.pieces) {
      const lost = bytes.subarray(Math.max(0, this.#shortest - offset));
      const from = offset + bytes.length - lost.length;
      if (lost.length > 0) writeSync(this.#handle, lost, 0, lost.length, from);
    }
    this.#shortest = this.base.file.size;
  }

  close(): void {
    closeSync(this.#handle);
  }
}
