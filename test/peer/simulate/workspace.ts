import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileBytes } from '../../images/pieces.js';
import { pokedBytes } from '../../images/pokes.js';
import type { Base } from '../bases.js';
import { IMAGE_NAME, type Damage } from '../slot.js';

/** A folder with the files of a base, in which its image is written afresh for each case. */
export class Workspace {
  readonly base: Base;
  readonly folder: string;
  readonly #bytes: Uint8Array;

  /** Makes `folder`, which must not exist. */
  constructor(base: Base, folder: string) {
    this.base = base;
    this.folder = folder;
    this.#bytes = fileBytes(base.file);
    mkdirSync(folder);
    for (const [name, file] of base.sideFiles) {
      // Without holes, which QEMU would take for zeros.
      writeFileSync(join(folder, name), fileBytes(file));
    }
  }

  /** Puts the damaged image into the folder, without holes; its bytes. */
  write(damage: Damage): Uint8Array {
    const bytes = damaged(this.#bytes, damage);
    writeFileSync(join(this.folder, IMAGE_NAME), bytes);
    for (const [name, { size }] of this.base.sideFiles) {
      const path = join(this.folder, name);
      if (statSync(path).size !== size) truncateSync(path, size);
    }
    return bytes;
  }

  /** Length of the image as it is now, in bytes. */
  get imageSize(): number {
    return statSync(join(this.folder, IMAGE_NAME)).size;
  }

  /** The image as it is now. */
  read(): Uint8Array {
    return readFileSync(join(this.folder, IMAGE_NAME));
  }
}

function damaged(healthy: Uint8Array, damage: Damage): Uint8Array {
  const bytes = new Uint8Array(damage.size ?? healthy.length);
  bytes.set(healthy.subarray(0, bytes.length));
  for (const poke of damage.pokes) {
    const change = pokedBytes(poke).subarray(0, Math.max(0, bytes.length - poke.offset));
    bytes.set(change, Math.min(poke.offset, bytes.length));
  }
  return bytes;
}
