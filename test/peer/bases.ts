import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Piece, SparseFile } from '../images/pieces.js';
import { builtImages, SIDE_FILES, type BuiltRecipe } from './builtImages.js';
import { realImages, type RealRecipe } from './realImages.js';

/** A healthy image to compare and to damage, held in memory without its holes. */
export interface Base {
  readonly name: string;
  readonly file: SparseFile;
  /** Files that the image refers to, by name. */
  readonly sideFiles: ReadonlyMap<string, SparseFile>;
  readonly isEncrypted: boolean;
}

const PAGE = 4096;

/** The healthy images, made by our writer and by QEMU's tools, each when first asked for. */
export class Bases {
  readonly names: readonly string[];
  readonly #folder: string;
  readonly #makers = new Map<string, () => Base>();
  readonly #made = new Map<string, Base>();

  /** `folder`: where QEMU's tools work. `recipes`: those of our writer. */
  constructor(folder: string, recipes: readonly BuiltRecipe[] = builtImages()) {
    this.#folder = folder;
    for (const recipe of recipes) this.#makers.set(recipe.name, () => built(recipe));
    for (const recipe of realImages()) this.#makers.set(recipe.name, () => this.#real(recipe));
    this.names = [...this.#makers.keys()];
  }

  get(name: string): Base {
    const known = this.#made.get(name);
    if (known !== undefined) return known;
    const make = this.#makers.get(name);
    if (make === undefined) throw new Error(`there is no base '${name}'`);
    const base = make();
    this.#made.set(name, base);
    return base;
  }

  #real(recipe: RealRecipe): Base {
    const own = join(this.#folder, recipe.name);
    mkdirSync(own);
    recipe.make(own);
    return {
      name: recipe.name,
      file: readSparse(join(own, 'image.qcow2')),
      sideFiles: new Map(recipe.sideFiles.map((name) => [name, readSparse(join(own, name))])),
      isEncrypted: recipe.isEncrypted,
    };
  }
}

function built(recipe: BuiltRecipe): Base {
  const { size, pieces } = recipe.build();
  return { name: recipe.name, file: { size, pieces }, sideFiles: SIDE_FILES, isEncrypted: false };
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
