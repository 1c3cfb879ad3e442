import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { makeSamples } from '../images/makeSamples.js';
import { SAMPLES, type Sample } from '../images/samples/samples.js';
import { qemuCheck, temporaryFolder } from './qemu.js';

const EXIT_CODES: Record<Sample['state'], number> = {
  healthy: 0,
  leaks: 3,
  corrupt: 2,
  refused: 1,
  foreign: 63,
};

describe('the sample folder', () => {
  const folder = temporaryFolder();
  const modified = (): number[] =>
    SAMPLES.map((sample) => statSync(join(folder.path, sample.name)).mtimeMs);

  beforeAll(async () => {
    await makeSamples(folder.path);
  });
  afterAll(() => {
    folder.remove();
  });

  test.for(SAMPLES)('$name is $state', async (sample) => {
    const check = await qemuCheck(folder.path, sample.name, { timeout: 600_000 });
    expect(check.exitCode).toBe(EXIT_CODES[sample.state]);
    if (sample.state === 'healthy') expect(check.messages).toEqual([]);
    const isOpened = sample.state !== 'refused' && sample.state !== 'foreign';
    expect(check.json !== undefined).toBe(isOpened);
  });

  test('a second run leaves right files alone', async () => {
    const before = modified();
    await makeSamples(folder.path);
    expect(modified()).toEqual(before);
  });
});
