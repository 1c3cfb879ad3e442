import { afterAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { writeSparse } from '../images/pieces.js';
import { builtImages, SIDE_FILES } from './builtImages.js';
import { qemuCheck, temporaryFolder } from './qemu.js';

describe('our writer makes images that qemu-img finds healthy', () => {
  const folder = temporaryFolder();
  for (const [name, file] of SIDE_FILES) writeSparse(join(folder.path, name), file);
  afterAll(() => {
    folder.remove();
  });

  test.for(builtImages())('$name', async (recipe) => {
    const name = `${recipe.name}.qcow2`;
    writeSparse(join(folder.path, name), recipe.build());
    const check = await qemuCheck(folder.path, name);
    expect(check.messages).toEqual([]);
    expect(check).toMatchObject({ exitCode: 0, json: { 'check-errors': 0 } });
  });
});
