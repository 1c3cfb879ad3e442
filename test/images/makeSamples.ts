import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { holdsPieces, writeSparse } from './pieces.js';
import { SAMPLES } from './samples/samples.js';

/**
 * Writes the sample images into `folder`, which is made where missing. A file that is right
 * already stays as it is. Takes seconds and some 200 MiB of disk, most of it the metadata of a
 * 1 TiB image.
 */
export async function makeSamples(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const sample of SAMPLES) {
    const path = join(folder, sample.name);
    const file = sample.build();
    if (!holdsPieces(path, file)) writeSparse(path, file);
  }
}
