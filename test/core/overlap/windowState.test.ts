import { describe, expect, it } from 'vitest';
import { encodeFragments } from '../../../src/core/overlap/fragments.js';
import { MetadataList } from '../../../src/core/overlap/metadataList.js';
import { NO_LIMIT, type StructureSettings } from '../../../src/core/overlap/settings.js';
import {
  countWindows,
  refusesBitmap,
  slotWindows,
  windowContents,
  windowStates,
} from '../../../src/core/overlap/windowState.js';
import { CLUSTER, CLUSTER_BITS, WINDOW } from './operations.js';

function created(settings: Partial<StructureSettings>, windows = 4): MetadataList {
  const list = MetadataList.create(
    { clusterBits: CLUSTER_BITS, fileLength: windows * WINDOW * CLUSTER },
    { guarded: 0xff, bitmapSize: 4096, totalSizeLimit: NO_LIMIT, policy: 'fail', ...settings },
  );
  if (!list.ok) throw new Error(list.message);
  return list.value;
}

const at = (window: number, cluster = 0): number => (window * WINDOW + cluster) * CLUSTER;

describe('the state of windows', () => {
  it('is empty, fragments, cached or kept', () => {
    const list = created({});
    for (let i = 0; i < 1500; i += 2) list.enter(at(3, i), 1, 4);
    list.enter(at(1, 5), 2, 4);
    list.enter(at(2), 1, 16);
    const states = [...windowStates(list, false)];
    expect(states.map(({ form }) => form)).toEqual(['empty', 'fragments', 'cached', 'kept']);
    expect(states[1]).toEqual({
      window: 1,
      start: at(1),
      length: WINDOW * CLUSTER,
      form: 'fragments',
      exposure: undefined,
      lost: 0,
      used: 1,
      allocated: 1,
      modified: false,
      age: 3,
      types: 4,
    });
    expect(states[0].age).toBeUndefined();
    expect(states[2].modified).toBe(true);
    expect(slotWindows(list)).toEqual([2]);
    expect(countWindows(list, false).forms).toEqual({
      empty: 1,
      fragments: 1,
      cached: 1,
      kept: 1,
    });
  });

  it('opens to bytes and to the fragments that stand for them', () => {
    const list = created({});
    list.enter(at(1, 5), 300, 4);
    const contents = windowContents(list, 1, false);
    expect(contents?.bytes.indexOf(4)).toBe(5);
    expect(contents?.fragments).toEqual(encodeFragments(contents?.bytes ?? new Uint8Array()));
    expect(contents?.fragments.length).toBe(2);
    expect(windowContents(list, 9, false)).toBeUndefined();
  });

  it('is unprotected where memory was refused, or would be', () => {
    const fixed = 56 + 4 * 32 + 3 * 4;
    const list = created({ bitmapSize: 3 * 4096, totalSizeLimit: fixed + 2 * 4096 });
    for (const window of [0, 1, 2, 3]) list.enter(at(window), 1, 4);
    // Window 0 has become a fragment; 1 has a bitmap; 2 and 3 have got slots without bitmaps.
    list.check(0, at(1), 1);
    expect(refusesBitmap(list)).toBe(true);
    expect([...windowStates(list, true)].map(({ exposure }) => exposure)).toEqual([
      'refused',
      undefined,
      'lost',
      'lost',
    ]);
    list.remove(at(0), 1, 4);
    expect([...windowStates(list, true)][0].exposure).toBe('dropped');
  });

  it('does not change by being looked at', () => {
    const list = created({ totalSizeLimit: 300 });
    const before = { ...list.counters };
    expect(refusesBitmap(list)).toBe(true);
    expect(list.counters).toEqual(before);
    expect(refusesBitmap(created({}))).toBe(false);
  });
});
