import { describe, expect, it } from 'vitest';
import { windowCode } from '../../../src/core/overlap/windowMarks.js';
import { valueOf } from '../../../src/core/picture/layer.js';
import { glyphOfKind, TROUBLE_SHIFT } from '../../../src/core/picture/tile.js';
import { describeRow, speakPosition } from '../../../webview/strip/stripText.js';
import { valueText } from '../../../webview/text/layerText.js';
import { WindowStates } from '../../../webview/text/windowStates.js';

const states = new WindowStates({
  marks: [
    windowCode({ form: 'cached', exposure: undefined }),
    2,
    windowCode({ form: 'fragments', exposure: 'refused' }),
    1,
    windowCode({ form: 'fragments', exposure: undefined }),
    3,
  ],
  slots: [],
});
const factsOf = (
  clusterSize: number,
  windows: WindowStates | undefined = states,
): Parameters<typeof describeRow>[2] => ({
  picture: { view: 'host', layer: 'kinds' },
  names: [],
  windows,
  clusterSize,
});
const leakedData = glyphOfKind('data') | (1 << TROUBLE_SHIFT);

describe('a row of the strip', () => {
  it('of one cluster is told like the cluster', () => {
    expect(describeRow({ first: 5, end: 6 }, glyphOfKind('active-l2'), factsOf(65536))).toEqual([
      'cluster 5 · 0x50000 · active L2',
      'window 0: cached bitmap',
    ]);
  });

  it('of many sums up', () => {
    expect(describeRow({ first: 0, end: 12288 }, leakedData, factsOf(512))).toEqual([
      'clusters 0–12,287 · 0x0 · leaked · mostly data',
      '3 windows from 0: 2 cached, 1 unprotected',
    ]);
    expect(describeRow({ first: 12288, end: 20480 }, undefined, factsOf(512))).toEqual([
      'clusters 12,288–20,479 · 0x600000',
      '2 windows from 3',
    ]);
  });

  it('has no windows where none are shown', () => {
    expect(
      describeRow({ first: 0, end: 2 }, undefined, { ...factsOf(512), windows: undefined }),
    ).toEqual(['clusters 0–1 · 0x0']);
  });
});

it('a position is told to the ear', () => {
  expect(speakPosition('host', 16, 300, 1000, 4096)).toBe(
    'cluster 16, host offset 0x10000, 30% of the file in view',
  );
  expect(speakPosition('host', 0, 1, 1000, 4096)).toContain('less than 1% of the file in view');
  expect(speakPosition('guest', 16, 300, 1000, 4096)).toBe(
    'guest cluster 16, guest offset 0x10000, 30% of the disk in view',
  );
});

it('a row of another picture is told in the words of its layer', () => {
  const facts = {
    ...factsOf(65536),
    picture: { view: 'guest', layer: 'snapshots' },
    windows: undefined,
  } as const;
  expect(describeRow({ first: 0, end: 9 }, valueOf('snapshots', 'active'), facts)).toEqual([
    `guest clusters 0–8 · 0x0 · mostly ${valueText(facts.picture, valueOf('snapshots', 'active'), [])}`,
  ]);
});
