import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeSparse } from './pieces.js';
import { scaleImage, type ScaleRecipe } from './scale.js';

/** The path of an image of the benchmark in this folder, made when it is not there yet. */
export function scaleFile(folder: string, recipe: ScaleRecipe): string {
  const path = join(folder, `${recipe.name}.qcow2`);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path)) writeSparse(path, scaleImage(recipe));
  return path;
}
