import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Piece, SparseFile } from '../images/pieces.js';
import { builtImages, makeSideFiles, SIDE_FILES } from './builtImages.js';
import { realImages } from './realImages.js';

/** A healthy image to compare and to damage, held in memory without its holes. */
export interface Base {
  readonly name: string;
  readonly file: SparseFile;
  /** Files that the image refers to, by name. */
  readonly sideFiles: ReadonlyMap<string, SparseFile>;
  readonly isEncrypted: boolean;
}

const PAGE = 4096;

/** Makes all images, by our writer and by QEMU's tools; `folder` is for the latter to work in. */
export function makeBases(folder: string): Base[] {
  makeSideFiles(folder);
  const side = new Map(
    Object.values(SIDE_FILES).map((name) => [name, readSparse(join(folder, name))] as const),
  );
  const built = builtImages().map((recipe): Base => {
    const { size, pieces } = recipe.build();
    return { name: recipe.name, file: { size, pieces }, sideFiles: side, isEncrypted: false };
  });
  const real = realImages().map((recipe): Base => {
    const own = join(folder, recipe.name);
    mkdirSync(own);
    recipe.make(own);
    return {
      name: recipe.name,
      file: readSparse(join(own, 'image.qcow2')),
      sideFiles: new Map(recipe.sideFiles.map((name) => [name, readSparse(join(own, name))])),
      isEncrypted: recipe.isEncrypted,
    };
  });
  return [...built, ...real];
}

/** The pages of a small file that are not all zeros. */
function readSparse(path: string): SparseFile {
  const bytes = readFileSync(path);
  const zeros = Buffer.alloc(PAGE);
  const pieces: Piece[] = [];
  for (let offset = 0; offset < bytes.length; offset += PAGE) {
    const page = bytes.subarray(offset, offset + PAGE);
    if (page.equals(zeros.subarray(0, page.length))) continue;
    // A copy of its own, so that the rest of the file can go.
    pieces.push({ offset, bytes: Uint8Array.from(page) });
  }
  return { size: bytes.length, pieces };
}
